"""Bitcoin Core's consensus code as a process: a question per line on stdin, a verdict per line on stdout, both JSON.

  {"block": HEX}   what Bitcoin Core's submitblock would say of it: {"reason": null | "bad-cb-amount", ...}
  {"spend": HEX, "spent": [[SATS, SCRIPT], ...]}  for each input of a transaction whether it may spend that output
  {"fresh": true}  forgets everything and begins again at genesis
  {"tip": true}    {"height": N, "hash": "..."}

The library's interface tells the class of a fault only; the reason is read from the line that it logs when it has
checked a block. A block beside the best chain is not checked to the end, and a known one not at all: nothing is logged
then, and "inconclusive" and "duplicate" are said here as submitblock says them.
"""

import json
import re
import sys
import tempfile

import pbk
from pbk.script import PrecomputedTransactionData

CHECKED = re.compile(r"BlockChecked: block hash=([0-9a-f]{64}) state=(.*?)\s*$")
VALID = "Valid"


class Chain:
    """A regtest chain of its own, its indexes in memory."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="kernel-")
        options = pbk.ContextOptions()
        options.set_chainparams(pbk.ChainParameters(pbk.ChainType.REGTEST))
        self.classes = []
        options.set_validation_interface(
            pbk.ValidationInterfaceCallbacks(
                block_checked=lambda _data, _block, state: self.classes.append(
                    state.block_validation_result.name
                )
            )
        )
        self.context = pbk.Context(options)
        manager = pbk.ChainstateManagerOptions(
            self.context, f"{self.folder.name}/data", f"{self.folder.name}/blocks"
        )
        manager.update_block_tree_db_in_memory(True)
        manager.update_chainstate_db_in_memory(True)
        manager.set_worker_threads_num(0)
        self.manager = pbk.ChainstateManager(manager)
        # Without it the genesis block is not connected.
        self.manager.import_blocks([])

    def close(self):
        del self.manager
        self.folder.cleanup()

    def tip(self):
        chain = self.manager.get_active_chain()
        entry = chain.block_tree_entries[chain.height]
        return {"height": chain.height, "hash": str(entry.block_hash)}

    def judge(self, raw, log):
        try:
            block = pbk.Block(raw)
        except RuntimeError as error:
            return {"reason": "decode-failed", "class": None, "detail": str(error)}
        log.clear()
        self.classes.clear()
        try:
            is_new = self.manager.process_block(block)
        except pbk.ProcessBlockException:
            is_new = True
        own = str(block.block_hash)
        for line in log:
            match = CHECKED.search(line)
            if match is None or match.group(1) != own:
                continue
            reason, _, detail = match.group(2).partition(", ")
            valid = reason == VALID
            return {
                "reason": None if valid else reason,
                "class": None if valid else self.classes[0],
                "detail": detail,
            }
        reason = "inconclusive" if is_new else "duplicate"
        return {"reason": reason, "class": None, "detail": ""}


def spends(raw, spent):
    """One answer per input, by every rule that a block is held to."""
    transaction = pbk.Transaction(raw)
    spent = [(int(sats), script) for sats, script in spent]
    scripts = [pbk.ScriptPubkey(bytes.fromhex(script)) for _, script in spent]
    outputs = [pbk.TransactionOutput(script, sats) for script, (sats, _) in zip(scripts, spent)]
    data = PrecomputedTransactionData(transaction, outputs)
    return [
        bool(script.verify(sats, transaction, data, i, pbk.ScriptVerificationFlags.ALL))
        for i, (script, (sats, _)) in enumerate(zip(scripts, spent))
    ]


def main():
    log = []
    pbk.logging_set_options(pbk.LoggingOptions(log_timestamps=False))
    pbk.set_log_level_category(pbk.LogCategory.VALIDATION, pbk.LogLevel.DEBUG)
    pbk.enable_log_category(pbk.LogCategory.VALIDATION)
    connection = pbk.LoggingConnection(lambda line: log.append(line))
    chain = Chain()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        if "block" in question:
            answer = chain.judge(bytes.fromhex(question["block"]), log)
        elif "spend" in question:
            answer = spends(bytes.fromhex(question["spend"]), question["spent"])
        elif "fresh" in question:
            chain.close()
            chain = Chain()
            answer = {}
        else:
            answer = chain.tip()
        log.clear()
        print(json.dumps(answer), flush=True)
    chain.close()
    del connection


main()
