/** Returns the fields of `next` that differ from those of `previous`, by their JSON. */
export function changedFields<Fields extends object>(previous: Fields, next: Fields): Partial<Fields> {
  const names = Object.keys(next) as (keyof Fields)[];
  const changed = names.filter((name) => JSON.stringify(previous[name]) !== JSON.stringify(next[name]));
  return Object.fromEntries(changed.map((name) => [name, next[name]])) as Partial<Fields>;
}
