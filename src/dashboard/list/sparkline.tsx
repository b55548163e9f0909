import { type SparkPoint, sparkPath } from './spark-series.ts'

const BOX = { width: 56, height: 20 } as const

/** A picture of the last hour; the value beside it is what is read. */
export const Sparkline = ({
  points,
  now,
}: {
  readonly points: readonly SparkPoint[]
  readonly now: number
}) => {
  const path = sparkPath(points, now, BOX)
  return (
    <svg
      class="spark"
      width={BOX.width}
      height={BOX.height}
      viewBox={`0 0 ${BOX.width} ${BOX.height}`}
      aria-hidden="true"
    >
      {path !== '' && <path d={path} />}
    </svg>
  )
}
