/** Page of proof that the suite detects faults: each fault of the reference stack, and what caught it. */
import type { JSX } from 'preact';
import type { ProofFile } from '../prove/proof-file.ts';
import type { Proof } from '../prove/prove.ts';
import type { SiteModel } from './model.ts';
import { Page, Scroll } from './page.tsx';

/** Words for what became of a fault. */
const OUTCOMES: Readonly<Record<Proof['outcome'], string>> = {
  caught: '✔ caught',
  elsewhere: '✘ only under another clause',
  survived: '✘ survived',
  hung: '✘ the stack looped',
};

/** The page of a proof. */
export function TeethPage({ model, proof }: { model: SiteModel; proof: ProofFile }): JSX.Element {
  const pages = new Set(model.rows.map(({ id }) => id));
  const caught = proof.proofs.filter(({ outcome }) => outcome === 'caught').length;
  const clauses = new Set(proof.proofs.map(({ clause }) => clause)).size;
  return (
    <Page title="Teeth: RFC 8684" root="">
      <h1>Teeth</h1>
      <p>
        The reference stack can be made to break clauses, one fault at a time. A fault is caught when a scenario or a
        monitor shows a departure from the very clause that it breaks.
      </p>
      <p>
        {caught} of {proof.proofs.length} faults are caught under their clause, in {clauses} clauses.
        {proof.proofs.length < proof.faults ? ` The reference stack has ${proof.faults}.` : ''}
      </p>
      <Scroll label="Faults">
        <table class="plain">
          <thead>
            <tr>
              <th scope="col">Clause</th>
              <th scope="col">Fault</th>
              <th scope="col">What the stack does</th>
              <th scope="col">Outcome</th>
              <th scope="col">By</th>
            </tr>
          </thead>
          <tbody>
            {proof.proofs.map((one) => (
              <tr key={`${one.clause} ${one.fault}`}>
                <th scope="row">
                  {pages.has(one.clause) ? <a href={`clause/${one.clause}.html`}>{one.clause}</a> : one.clause}
                </th>
                <td>
                  <code>{one.fault}</code>
                </td>
                <td>{one.does}</td>
                <td>{OUTCOMES[one.outcome]}</td>
                <td>
                  <By proof={one} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Page>
  );
}

function By({ proof: { by, why, declared } }: { proof: Proof }): JSX.Element {
  if (declared !== undefined) return <>{`declared: ${declared}`}</>;
  const [first, ...others] = by;
  if (first === undefined) return <>{why}</>;
  return (
    <>
      <code>{first.scenario}</code> {`${first.source}: ${first.message}`}
      {others.length === 0 ? null : (
        <details>
          <summary>{`and ${others.length} more`}</summary>
          <ul>
            {others.map(({ scenario, source }) => (
              <li key={scenario}>
                <code>{scenario}</code> {source}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
