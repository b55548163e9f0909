import { numbers } from '../format/numbers.ts'
import { balanceLines, balanceVerdict } from './balance-lines.ts'
import { Mark } from './mark.tsx'
import { Panel } from './panel.tsx'
import type { SystemAnswer } from './system-answer.ts'

type Given = Pick<SystemAnswer, 'balance' | 'missing'>

/** The verdict changes seldom, the numbers always: only the verdict is read out. */
export const BalancePanel = ({ balance, missing }: Given) => {
  const verdict = balanceVerdict(balance)
  return (
    <Panel title="Balance sheet">
      <p role="status" class={`verdict ${verdict.isGood ? 'good' : 'bad'}`}>
        <Mark isGood={verdict.isGood} />
        {verdict.text}
      </p>
      <table class="sheet">
        <tbody>
          {balanceLines(balance).map(({ label, count }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{numbers.count(count)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Received</th>
            <td>{numbers.count(balance.received)}</td>
          </tr>
        </tfoot>
      </table>
      {missing > 0 && (
        <p class="hint">
          {numbers.count(missing)} sequence numbers of boards never came, or not yet: those were lost before
          they reached Sluice.
        </p>
      )}
    </Panel>
  )
}
