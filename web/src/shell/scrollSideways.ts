/** Scrolls a box until it shows a child. `scrollIntoView` would also make the Tab key go on from the child. */
export function scrollSideways(box: Element, child: Element): void {
  const [shown, wanted] = [box.getBoundingClientRect(), child.getBoundingClientRect()];
  box.scrollLeft += Math.min(0, wanted.left - shown.left) + Math.max(0, wanted.right - shown.right);
}
