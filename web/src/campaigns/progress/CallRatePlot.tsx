import { type PointerEvent, useState } from "react";
import type { CampaignRowFragment } from "../../generated/graphql";
import { formatCount } from "../labels";
import { CallRateTable } from "./CallRateTable";
import { formatClock } from "./formatClock";
import { areaPath, axisTop, height, linePath, type Period, type Sample, sampleAt } from "./callRate";
import { useCallRate } from "./useCallRate";

type Campaign = CampaignRowFragment & { callsPerMinute?: number | null };

/** Plots how many calls a campaign starts in a minute, beside its limit; the same is there as a table. */
export function CallRatePlot({ campaign }: { campaign: Campaign }) {
  const { samples, period } = useCallRate(campaign);
  const limit = campaign.callsPerMinute ?? null;
  const shown = samples.filter(({ at }) => at >= period.from && at <= period.to);
  const most = Math.max(0, ...shown.map(({ calls }) => calls));
  const top = axisTop(most, limit ?? 0);
  return (
    <figure className="rate" aria-labelledby="call-rate">
      <figcaption className="rate-head">
        <h2 id="call-rate">Calls a minute</h2>
        <span className="muted small">
          {most ? `at most ${most.toLocaleString("en")}` : "none"} in {describeSpan(period)}
        </span>
      </figcaption>
      <Plot samples={samples} period={period} top={top} limit={limit} most={most} />
      <CallRateTable samples={samples} period={period} />
    </figure>
  );
}

interface PlotProps {
  samples: readonly Sample[];
  period: Period;
  top: number;
  limit: number | null;
  most: number;
}

function Plot({ samples, period, top, limit, most }: PlotProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const span = period.to - period.from;
  const time = pointed === null ? null : period.from + pointed * span;
  const last = samples.findLast(({ at }) => at <= period.to);
  const sample = time === null ? undefined : sampleAt(samples, time);

  function follow({ currentTarget, clientX }: PointerEvent<HTMLElement>) {
    const { left, width } = currentTarget.getBoundingClientRect();
    setPointed(Math.min(1, Math.max(0, (clientX - left) / width)));
  }

  return (
    <div className="rate-plot">
      {[top, top / 2, 0].map((calls) => (
        <span key={calls} className="rate-level" style={{ top: `${height(calls, top)}%` }} aria-hidden="true">
          {calls.toLocaleString("en")}
        </span>
      ))}
      <div className="rate-area" onPointerMove={follow} onPointerLeave={() => setPointed(null)}>
        <svg
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={`Calls a minute: ${formatCount(most, "call")} at most in ${describeSpan(period)}, ${
            last?.calls ?? 0
          } at its end`}
        >
          <path className="rate-grid" d="M0 0H100M0 50H100M0 100H100" />
          <path className="rate-fill" d={areaPath(samples, period, top)} />
          {limit !== null && <path className="rate-limit" d={`M0 ${height(limit, top)}H100`} />}
          <path className="rate-line" d={linePath(samples, period, top)} />
        </svg>
        {limit !== null && (
          <span className="rate-limit-label" style={{ top: `${height(limit, top)}%` }}>
            Limit {limit.toLocaleString("en")}
          </span>
        )}
        {last && last.at >= period.from && <Dot x={(last.at - period.from) / span} y={height(last.calls, top)} />}
        {pointed !== null && time !== null && sample && (
          <span className="rate-pointer" style={{ left: `${pointed * 100}%` }} data-end={pointed > 0.5}>
            <Dot x={0} y={height(sample.calls, top)} />
            <span className="rate-value">
              <strong>{sample.calls.toLocaleString("en")}</strong> at {formatClock(time)}
            </span>
          </span>
        )}
      </div>
      <span className="rate-times muted small" aria-hidden="true">
        {[period.from, (period.from + period.to) / 2, period.to].map((at) => (
          <span key={at}>{formatClock(at)}</span>
        ))}
      </span>
    </div>
  );
}

function Dot({ x, y }: { x: number; y: number }) {
  return <span className="rate-dot" style={{ left: `${x * 100}%`, top: `${y}%` }} />;
}

function describeSpan({ from, to }: Period): string {
  return formatCount(Math.round((to - from) / 60_000), "minute");
}
