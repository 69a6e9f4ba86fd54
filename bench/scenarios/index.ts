import type { Scenario } from '../run/bench';
import { createAndDrop } from './create-and-drop';
import { engine } from './engine';
import { growth } from './growth';
import { idle } from './idle';
import { kill } from './kill';
import { killDelete } from './kill-delete';
import { pool } from './pool';
import { spans } from './spans';
import { suspendAndResume } from './suspend-and-resume';
import { throughput } from './throughput';

/** In the order in which they are run and shown. */
export const SCENARIOS: readonly Scenario[] = [
  createAndDrop,
  throughput,
  pool,
  suspendAndResume,
  spans,
  kill,
  engine,
  growth,
  killDelete,
  idle,
];
