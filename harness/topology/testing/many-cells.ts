/** Builds and closes cells beside other processes that do the same. Runs inside a tester namespace. */
import { listen, newDriver, reached, topology } from './lab.ts';

const driver = newDriver();
await Promise.all(
  Array.from({ length: 12 }, async () => {
    const cell = await driver.build(topology('two-links'));
    await Promise.all(
      cell.links.flatMap((link) =>
        (['ipv4', 'ipv6'] as const).map(async (family) => {
          const { port, heard } = listen(link, family);
          await reached(port);
          port.close();
          if (heard.length > 0) {
            throw new Error(`${link.device}: ${heard.length} packets, expected silence`);
          }
        }),
      ),
    );
    await cell.close();
  }),
);
await driver.close();
console.log('done');
