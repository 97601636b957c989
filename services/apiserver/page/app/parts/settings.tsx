/**
 * A miner's settings, and changing them by a message that its address has signed.
 *
 * @module
 */
import { useSignal } from "@preact/signals";
import type {
  ChangeMinerSettingsResponseJson,
  GetMinerSettingsResponseJson,
} from "@gopool/proto/api";
import { type ApiError, postJson } from "../api.ts";
import { basisPoints, whole } from "../format.ts";
import { useLoaded } from "../load.ts";
import { span } from "../times.ts";
import { Ago, Copy, Sats } from "./figures.tsx";
import { Notice, Part } from "./layout.tsx";

/** @param path Of the miner, as "/api/v1/miners/bc1q…". */
export function MinerSettings({ path }: { path: string }) {
  const changed = useSignal(0);
  const settings = useLoaded<GetMinerSettingsResponseJson>(
    `${path}/settings`,
    120_000,
    changed.value,
  );
  return (
    <Part of={settings}>
      {(known) => (
        <>
          <dl class="lines narrow">
            <div>
              <dt>Is paid from</dt>
              <dd>
                <Sats value={known.payoutThresholdSats} />
              </dd>
            </div>
            <div>
              <dt>The pool keeps</dt>
              <dd>
                {basisPoints(known.feeBasisPoints ?? 0)}
                {(known.donationBasisPoints ?? 0) > 0 &&
                  `, and ${basisPoints(known.donationBasisPoints!)} is donated`}
              </dd>
            </div>
            <div>
              <dt>Payouts go to</dt>
              <dd class="code breaks">{known.payoutAddress || known.address}</dd>
            </div>
            {known.pendingPayoutAddress && (
              <div>
                <dt>
                  Will go to, <Ago at={known.pendingFrom} />
                </dt>
                <dd class="code breaks">{known.pendingPayoutAddress}</dd>
              </div>
            )}
          </dl>
          <Change path={path} settings={known} onChange={() => changed.value++} />
        </>
      )}
    </Part>
  );
}

interface Outcome {
  readonly kind: "good" | "bad";
  readonly sentences: readonly string[];
}

function Change({ path, settings, onChange }: {
  path: string;
  settings: GetMinerSettingsResponseJson;
  onChange: () => void;
}) {
  const example = settings.messageExample ?? "";
  const message = useSignal<string | null>(null);
  const busy = useSignal(false);
  const outcome = useSignal<Outcome | null>(null);
  const text = message.value ?? example;
  const least = whole(settings.leastThresholdSats);
  const delay = settings.addressDelaySeconds ?? 0;

  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const signature = (form.elements.namedItem("signature") as HTMLTextAreaElement).value.trim();
    if (signature === "") {
      outcome.value = { kind: "bad", sentences: ["The signature is missing."] };
      return;
    }
    busy.value = true;
    outcome.value = null;
    try {
      const { changes = [] } = await postJson<ChangeMinerSettingsResponseJson>(
        `${path}/settings`,
        { message: text, signature },
      );
      outcome.value = { kind: "good", sentences: changes.length > 0 ? changes : ["Changed."] };
      message.value = null;
      form.reset();
      onChange();
    } catch (error) {
      outcome.value = { kind: "bad", sentences: [(error as ApiError).message] };
    } finally {
      busy.value = false;
    }
  };

  return (
    <details class="change">
      <summary>Change them</summary>
      <p>
        There is no account and no password: whoever holds the address's key may change its
        settings. Edit the message, sign exactly this text with the address in your wallet (BIP 322,
        or BIP 137 as older wallets do), and send both.
        {least > 0n && (
          <>
            {" "}
            The least that can be set is <Sats value={least} />.
          </>
        )}
        {delay > 0 && ` A new payout address waits ${span(delay)} before it is paid.`}
      </p>
      <form onSubmit={send}>
        <label for="settings-message">Message</label>
        <div class="with-copy">
          <textarea
            id="settings-message"
            class="code"
            rows={Math.max(4, text.split("\n").length)}
            spellcheck={false}
            value={text}
            onInput={(event) => message.value = event.currentTarget.value}
          />
          <Copy text={text} what="message" />
        </div>
        <label for="settings-signature">Signature, base64</label>
        <textarea
          id="settings-signature"
          name="signature"
          class="code"
          rows={3}
          spellcheck={false}
          autocomplete="off"
        />
        {outcome.value !== null && (
          <Notice kind={outcome.value.kind}>
            {outcome.value.sentences.map((sentence) => <p key={sentence}>{sentence}</p>)}
          </Notice>
        )}
        <p class="onward">
          <button type="submit" class="main" disabled={busy.value}>
            {busy.value ? "Sending…" : "Send the change"}
          </button>
        </p>
      </form>
    </details>
  );
}
