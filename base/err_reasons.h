/* SPDX-License-Identifier: MIT */
/*
 * The contract of refusals: each reason's stable id and the exit code it gives.
 *
 * ERR_REASON(NAME, ID, EXIT): enumerator ERR_NAME, the id that --json, logs and events carry, and
 * the exit code. docs/reasons.md has one paragraph for each; a test holds the two together.
 * Include it with ERR_REASON defined. Kept sorted by exit code. Ids never change once released.
 */
/* 1: a fault of the program itself */
ERR_REASON(INTERNAL, "internal", 1)
ERR_REASON(MEMORY, "internal.memory", 1)
ERR_REASON(CRYPTO, "internal.crypto", 1)
/* 2: usage */
ERR_REASON(USAGE, "usage", 2)
ERR_REASON(UNFIT, "usage.unfit", 2)
/* 10: malformed */
ERR_REASON(CONTAINER_FORM, "container.form", 10)
ERR_REASON(CONTAINER_HEADER, "container.header", 10)
ERR_REASON(CONTAINER_MEMBER, "container.member", 10)
ERR_REASON(CONTAINER_LIMIT, "container.limit", 10)
ERR_REASON(CONTAINER_TAIL, "container.tail", 10)
ERR_REASON(DOCUMENT_FORM, "document.form", 10)
ERR_REASON(DOCUMENT_CANONICAL, "document.canonical", 10)
ERR_REASON(MANIFEST_FORM, "manifest.form", 10)
ERR_REASON(PAYLOAD_DIGEST, "payload.digest", 10)
ERR_REASON(PAYLOAD_MEMBER, "payload.member", 10)
ERR_REASON(PAYLOAD_ABSENT, "payload.absent", 10)
ERR_REASON(PIN_FORM, "pin.form", 10)
ERR_REASON(PIN_WEAK, "pin.weak", 10)
/* 11: bad signature */
ERR_REASON(SIGNATURE_FORM, "signature.form", 11)
ERR_REASON(SIGNATURE_PROFILE, "signature.profile", 11)
ERR_REASON(SIGNATURE_SIGNER, "signature.signer", 11)
ERR_REASON(SIGNATURE_DIGEST, "signature.digest", 11)
ERR_REASON(SIGNATURE_VALUE, "signature.value", 11)
ERR_REASON(SIGNATURE_REPEATED, "signature.repeated", 11)
/* 12: not enough signers */
ERR_REASON(THRESHOLD, "signature.threshold", 12)
/* 13: expired or not yet valid */
ERR_REASON(TIME_EXPIRED, "time.expired", 13)
ERR_REASON(TIME_NOT_YET, "time.not-yet", 13)
ERR_REASON(TIME_TRUST_EXPIRED, "time.trust-expired", 13)
ERR_REASON(TIME_SIGNER_UNTIL, "time.signer-until", 13)
ERR_REASON(TIME_SIGNED, "time.signed", 13)
/* 14: rollback or replay */
ERR_REASON(REPLAY_SEQUENCE, "replay.sequence", 14)
ERR_REASON(REPLAY_EPOCH, "replay.epoch", 14)
ERR_REASON(REPLAY_DIFFERENT, "replay.different", 14)
ERR_REASON(REPLAY_LEAST, "replay.least-sequence", 14)
ERR_REASON(REPLAY_STATEMENT, "replay.statement", 14)
/* 15: not for this domain, channel or site */
ERR_REASON(SCOPE_DOMAIN, "scope.domain", 15)
ERR_REASON(SCOPE_CHANNEL, "scope.channel", 15)
ERR_REASON(SCOPE_SITE, "scope.site", 15)
/* 16: made for a newer version */
ERR_REASON(NEWER, "newer.format", 16)
ERR_REASON(NEWER_EXTENSION, "newer.extension", 16)
/* 17: trust set or fingerprint */
ERR_REASON(TRUST_FORM, "trust.form", 17)
ERR_REASON(TRUST_GAP, "trust.gap", 17)
ERR_REASON(TRUST_DIFFERENT, "trust.different", 17)
ERR_REASON(TRUST_STEP, "trust.step", 17)
ERR_REASON(TRUST_SIGNATURE, "trust.signature", 17)
ERR_REASON(TRUST_THRESHOLD, "trust.threshold", 17)
ERR_REASON(TRUST_FINGERPRINT, "trust.fingerprint", 17)
/* 18: not enrolled, enrolled already, or state damaged */
ERR_REASON(STATE_ABSENT, "state.absent", 18)
ERR_REASON(STATE_PRESENT, "state.present", 18)
ERR_REASON(STATE_DAMAGED, "state.damaged", 18)
ERR_REASON(STATE_ACCESS, "state.access", 18)
ERR_REASON(STATE_WAITING, "state.waiting", 18)
ERR_REASON(RECEIPT_CHAIN, "receipt.chain", 18)
/* 19: clock implausible */
ERR_REASON(CLOCK_BEHIND, "clock.behind", 19)
ERR_REASON(CLOCK_AHEAD, "clock.ahead", 19)
/* 20: configuration or target not supported */
ERR_REASON(CONFIG_FORM, "config.form", 20)
ERR_REASON(CONFIG_KEY, "config.key", 20)
ERR_REASON(CONFIG_SERVICE, "config.service", 20)
ERR_REASON(TARGET_FORM, "target.form", 20)
ERR_REASON(TARGET_DOCTYPE, "target.doctype", 20)
ERR_REASON(TARGET_ENCODING, "target.encoding", 20)
ERR_REASON(TARGET_SECTION, "target.section", 20)
ERR_REASON(TARGET_AMBIGUOUS, "target.ambiguous", 20)
ERR_REASON(TARGET_ENCRYPTED, "target.encrypted", 20)
ERR_REASON(TARGET_CONFIG_SOURCE, "target.config-source", 20)
ERR_REASON(TARGET_ITEM, "target.item", 20)
ERR_REASON(TARGET_FILE, "target.file", 20)
ERR_REASON(TARGET_LINK, "target.link", 20)
ERR_REASON(TARGET_VOLUME, "target.volume", 20)
ERR_REASON(TARGET_ACCESS, "target.access", 20)
ERR_REASON(TARGET_SIZE, "target.size", 20)
/* 21: changed underneath, locked or unfinished */
ERR_REASON(CHANGED, "changed.target", 21)
ERR_REASON(CHANGED_PLAN, "changed.plan", 21)
ERR_REASON(LOCKED, "locked", 21)
ERR_REASON(UNFINISHED, "unfinished", 21)
ERR_REASON(SERVICE_STOP, "service.stop", 21)
ERR_REASON(SERVICE_START, "service.start", 21)
/* 22: proof or minimum */
ERR_REASON(PROOF, "proof.failed", 22)
ERR_REASON(MINIMUM, "proof.minimum", 22)
ERR_REASON(UNLISTED, "proof.unlisted", 22)
ERR_REASON(ROLLBACK_PINS, "rollback.pins", 22)
/* 23: frozen */
ERR_REASON(FROZEN, "time.frozen", 23)
/* 24: applied, check failed, rolled back */
ERR_REASON(CHECK_FAILED, "check.failed", 24)
/* 30: input or output */
ERR_REASON(IO, "io", 30)
ERR_REASON(IO_ABSENT, "io.absent", 30)
ERR_REASON(IO_KIND, "io.kind", 30)
ERR_REASON(IO_LIMIT, "io.limit", 30)
ERR_REASON(IO_EXISTS, "io.exists", 30)
ERR_REASON(IO_FULL, "io.full", 30)
ERR_REASON(IO_CANDIDATES, "io.candidates", 30)
/* 31, 32: window, hold */
ERR_REASON(WINDOW, "window.closed", 31)
ERR_REASON(HOLD, "hold.rolled-back", 32)
/* 40: network */
ERR_REASON(NETWORK, "network", 40)
ERR_REASON(NETWORK_RESOLVE, "network.resolve", 40)
ERR_REASON(NETWORK_CONNECT, "network.connect", 40)
ERR_REASON(NETWORK_TIMEOUT, "network.timeout", 40)
ERR_REASON(NETWORK_TLS, "network.tls", 40)
ERR_REASON(NETWORK_CERTIFICATE, "network.certificate", 40)
ERR_REASON(NETWORK_STATUS, "network.status", 40)
ERR_REASON(NETWORK_REDIRECT, "network.redirect", 40)
/* 41: a source's answer is invalid */
ERR_REASON(ANSWER_FORM, "answer.form", 41)
ERR_REASON(ANSWER_HOST, "answer.host", 41)
ERR_REASON(ANSWER_EMPTY, "answer.empty", 41)
ERR_REASON(ANSWER_KEY, "answer.key", 41)
ERR_REASON(ANSWER_LIMIT, "answer.limit", 41)
