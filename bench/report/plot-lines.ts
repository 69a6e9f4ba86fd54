import type { EChartsOption } from 'echarts';
import { AXIS_LINES, renderSvg, TEXT } from './chart';
import type { Group } from './schema';

const HEIGHT = 320;

/** A line through the middle values of each label, along the axis. */
export function renderLines({ unit, axis = '', rows }: Group): string {
  const labels = [...new Set(rows.map(({ label }) => label))];
  const axisOf = (name: string) => ({
    type: 'value' as const,
    min: 0,
    name,
    nameLocation: 'middle' as const,
    nameGap: 34,
    nameTextStyle: TEXT,
    axisLabel: TEXT,
    ...AXIS_LINES,
  });
  const option: EChartsOption = {
    grid: { left: 70, right: 30, top: 40, bottom: 50 },
    legend: { top: 0, textStyle: TEXT, icon: 'roundRect' },
    xAxis: axisOf(axis),
    yAxis: axisOf(`${unit}, p50`),
    series: labels.map((label) => ({
      type: 'line',
      name: label,
      symbol: 'circle',
      symbolSize: 8,
      data: rows.filter((it) => it.label === label).map(({ at, p50 }) => [at ?? 0, p50]),
    })),
  };
  return renderSvg(option, HEIGHT);
}
