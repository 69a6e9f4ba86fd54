import { writeFileSync } from 'node:fs';
import { dashboardFiles } from './dashboards';

for (const { file, text } of dashboardFiles()) {
  writeFileSync(file, text);
  console.log(file);
}
