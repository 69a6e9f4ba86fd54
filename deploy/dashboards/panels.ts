import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { LegendDisplayMode, LegendPlacement, VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import {
  CustomVariableBuilder,
  DashboardBuilder,
  DatasourceVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Dashboard,
  type Panel as GrafanaPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** Units as Grafana calls them. */
type Unit = 's' | 'short' | 'percentunit' | 'reqps' | 'bytes';

interface PanelRow {
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly about: string;
  readonly unit: Unit;
  /** Expressions, each with what its series are called. */
  readonly shows: readonly (readonly [expr: string, legend: string])[];
}

/** One value of now; red from a value on. */
interface Stat extends PanelRow {
  readonly as: 'stat';
  readonly redFrom?: number;
}

/** Values over time. */
interface Graph extends PanelRow {
  readonly as: 'graph';
}

type PanelOf = Stat | Graph;

export interface DashboardOf {
  /** Its id in every Grafana, and the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  /** What is chosen at its top: the values of a label. */
  readonly choice?: { readonly label: string; readonly values: readonly string[] };
  readonly rows: Readonly<Record<string, readonly PanelOf[]>>;
}

/** The data source that is chosen at the top: where the metrics are, every Grafana calls by another name. */
const SOURCE = { type: 'prometheus', uid: '$datasource' };

/** Grafana divides a dashboard's width into 24. */
const WIDTHS = { stat: 4, graph: 8 } as const;
const HEIGHTS = { stat: 4, graph: 8 } as const;

/** A dashboard as Grafana imports it. */
export function buildDashboard({ uid, title, about, choice, rows }: DashboardOf): Dashboard {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(about)
    .tags(['freeflow'])
    .timezone('utc')
    .time({ from: 'now-6h', to: 'now' })
    .refresh('1m')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
  if (choice !== undefined)
    dashboard.withVariable(new CustomVariableBuilder(choice.label).label(choice.label).values(choice.values.join(',')));
  let id = 0;
  for (const [row, panels] of Object.entries(rows)) {
    dashboard.withRow(new RowBuilder(row).id(++id));
    for (const panel of panels) dashboard.withPanel(buildPanel(panel, ++id));
  }
  return dashboard.build();
}

function buildPanel(panel: PanelOf, id: number): Builder<GrafanaPanel> {
  const { as, title, about, unit, shows } = panel;
  const builder = as === 'stat' ? buildStat(panel) : buildGraph();
  builder.id(id).title(title).description(about).unit(unit).datasource(SOURCE).span(WIDTHS[as]).height(HEIGHTS[as]);
  for (const [at, [expr, legend]] of shows.entries())
    builder.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + at))
        .datasource(SOURCE)
        .expr(expr)
        .legendFormat(legend),
    );
  return builder;
}

const buildGraph = (): TimeSeriesBuilder =>
  new TimeSeriesBuilder()
    .min(0)
    .fillOpacity(10)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    );

function buildStat({ redFrom }: Stat): StatBuilder {
  const steps = [{ value: null, color: 'green' }, ...(redFrom === undefined ? [] : [{ value: redFrom, color: 'red' }])];
  return new StatBuilder().thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
}
