import { alternate, groupsOfPairs, newPair, timeMs } from '../measure/pairs';
import { poolOf } from '../product/pool';
import { Product } from '../product/product';
import type { Scenario } from '../run/bench';
import { newScriptName } from '../script/names';

/** Cuts the access of one tenant and gives it back, again and again. */
export const suspendAndResume: Scenario = {
  name: 'suspend',
  title: 'Suspend and resume',
  about:
    'One tenant of FreeFlow and one of the script, in turns. Both keep what access there is, cut it at each server, end sessions and tokens and see the credentials refused; and give back exactly what was kept and see them taken. FreeFlow also proves whose each resource is, records each call before it is made, and after a resume probes what a tenant may not.',
  async run(bench) {
    const product = await Product.open(bench, { worker: poolOf(0) });
    const [suspend, resume] = [newPair(), newPair()];
    const rounds = bench.count(6, 12);
    try {
      bench.note('creating the two tenants');
      const tenant = await product.create();
      const name = newScriptName();
      await bench.script.create(name);
      await bench.script.prepareSuspend(name);
      let done = 0;
      const byProduct = async () => {
        bench.note(`round ${++done} of ${rounds + 1}`);
        suspend.product.push((await product.change(tenant, 'suspend')).tookMs);
        resume.product.push((await product.change(tenant, 'resume')).tookMs);
      };
      const byScript = async () => {
        bench.signal.throwIfAborted();
        suspend.script.push(await timeMs(() => bench.script.suspend(name)));
        resume.script.push(await timeMs(() => bench.script.resume(name)));
      };
      await alternate(1, byProduct, byScript);
      for (const { product: one, script: other } of [suspend, resume]) one.length = other.length = 0;
      await alternate(rounds, byProduct, byScript);
      await product.drop(tenant);
      await bench.script.drop(name);
    } finally {
      await product.close();
    }
    return { groups: groupsOfPairs('Time of one operation', 'ms', { suspend, resume }), notes: [] };
  },
};
