import type { EChartsOption } from 'echarts';
import { AXIS_LINES, barOf, INK, PALETTE, renderSvg, roomFor, TEXT } from './chart';
import { formatFigure } from './format';
import type { Group, Row } from './schema';

const ROW_HEIGHT = 30;
const BAR_HEIGHT = 12;
const [PRODUCT = INK, SCRIPT = INK] = PALETTE;

/** A bar from the least value to the 90th percentile for each row, and a mark at the middle one with its figure. */
export function renderRanges({ unit, rows }: Group): string {
  const labels = rows.map(({ label }) => label);
  const option: EChartsOption = {
    grid: { left: roomFor(labels), right: 60, top: 10, bottom: 40 },
    yAxis: {
      type: 'category',
      data: labels,
      inverse: true,
      axisLabel: TEXT,
      axisTick: { show: false },
      axisLine: AXIS_LINES.axisLine,
    },
    xAxis: {
      type: 'value',
      min: 0,
      name: `${unit}: bar min to p90, mark p50`,
      nameLocation: 'middle',
      nameGap: 24,
      nameTextStyle: TEXT,
      axisLabel: TEXT,
      ...AXIS_LINES,
    },
    series: [
      {
        type: 'custom',
        renderItem: barOf(BAR_HEIGHT, 0.45),
        encode: { x: [1, 2], y: 0 },
        data: rows.map((row, at) => ({
          value: [at, row.min, row.p90],
          itemStyle: { color: colourOf(row), opacity: 0.45 },
        })),
      },
      {
        type: 'scatter',
        symbol: 'rect',
        symbolSize: [4, BAR_HEIGHT + 6],
        data: rows.map((row, at) => ({ value: [row.p50, at], itemStyle: { color: colourOf(row) } })),
      },
      {
        // Nothing but the figure, behind the end of the bar.
        type: 'scatter',
        symbolSize: 0,
        data: rows.map((row, at) => [row.p90, at]),
        label: {
          show: true,
          position: 'right',
          distance: 6,
          ...TEXT,
          formatter: ({ dataIndex }) => formatFigure(rows[dataIndex]?.p50 ?? 0, unit),
        },
      },
    ],
  };
  return renderSvg(option, rows.length * ROW_HEIGHT + 60);
}

const colourOf = ({ label }: Row): string => (/script/.test(label) ? SCRIPT : PRODUCT);
