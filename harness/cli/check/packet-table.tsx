/** @jsxImportSource preact */
/** The packets of a connection as a table: number in the capture, time, sender, the whole packet. Pure. */
import type { JSX } from 'preact';
import { xmlText } from '../../report/markup.tsx';
import { SYMBOL } from '../../report/verdict-style.ts';
import { outcomeOf } from '../../verdict/scenario-verdict.ts';
import type { LadderEntry } from '../../verdict/result.ts';
import type { CheckFinding } from './narrow.ts';

/** A packet with its number in the capture, from 1; 0 stands for packets that are left out. */
export type NumberedEntry = LadderEntry & { index: number };

/** Wireshark's display filter for a packet of this number; a click selects all of it. */
export function FrameFilter({ number }: { number: number }): JSX.Element {
  return <code class="filter">{`frame.number == ${number}`}</code>;
}

/** The packets, with the finding that each shows. */
export function PacketTable(props: {
  entries: readonly NumberedEntry[];
  findings: ReadonlyMap<number, CheckFinding>;
}): JSX.Element {
  return (
    <details>
      <summary>Packet details</summary>
      <div class="table">
        <table>
          <thead>
            <tr>
              {['Wireshark', 'ms', 'sender', 'packet', 'finding'].map((name) => (
                <th scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {props.entries.map((entry) => (
              <PacketRow entry={entry} finding={props.findings.get(entry.index)} />
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function PacketRow({ entry, finding }: { entry: NumberedEntry; finding: CheckFinding | undefined }): JSX.Element {
  if (entry.index === 0)
    return (
      <tr>
        <td colspan={5}>{xmlText(entry.text)}</td>
      </tr>
    );
  return (
    <tr>
      <td>
        <FrameFilter number={entry.index} />
      </td>
      <td>{entry.at.toFixed(3)}</td>
      <td>{entry.direction === 'out' ? 'initiator' : 'responder'}</td>
      <td>
        <code>{xmlText(entry.text)}</code>
      </td>
      <td>{finding === undefined ? '' : <Found finding={finding} />}</td>
    </tr>
  );
}

function Found({ finding }: { finding: CheckFinding }): JSX.Element {
  const outcome = outcomeOf(finding);
  return <span class={outcome}>{`${SYMBOL[outcome]} ${finding.clause}`}</span>;
}
