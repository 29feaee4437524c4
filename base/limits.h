/* SPDX-License-Identifier: MIT */
/*
 * Every cap on input, with its reason. docs/format.md states those that belong to format 1.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Format 1: frozen. */
#define LIMIT_TRUST_BYTES ((size_t)65536) /* a trust set: 24 certificates fit with room */
#define LIMIT_TRUST_SETS 32               /* sets in one bundle: about a decade of rotations */
#define LIMIT_TRUST_SIGNATURES 16         /* two full root quorums of 8 */
#define LIMIT_ROOT_SIGNERS 8              /* so that two quorums fit 16 signatures */
#define LIMIT_BUNDLE_SIGNERS 16
#define LIMIT_MANIFEST_BYTES ((size_t)2097152) /* 400 pins with 8 evidences each, 512 retired */
#define LIMIT_MANIFEST_SIGNATURES 8
#define LIMIT_SIGNATURE_BYTES ((size_t)16384) /* RSA-8192 signature and certificate fit */
#define LIMIT_CERTIFICATE_BYTES ((size_t)8192)
#define LIMIT_DOCUMENT_BYTES ((size_t)262144) /* statement, request */
#define LIMIT_RECEIPT_BYTES ((size_t)4194304) /* 40 pins that come or go in 1,024 targets */
#define LIMIT_PINS 400                        /* IIS's 250 KiB hold about 390 RSA-2048 pins */
#define LIMIT_RETIRED 512
#define LIMIT_EVIDENCE 8
#define LIMIT_SITES 4096
#define LIMIT_PAYLOAD 64
#define LIMIT_NOTES_BYTES ((uint64_t)65536)
#define LIMIT_MEMBER_BYTES ((uint64_t)4294967295) /* below FAT32's limit */
#define LIMIT_EXTENSIONS 16
#define LIMIT_EXTENSION_VALUE 4096
#define LIMIT_TARGETS 1024

/* Not of the format. */
#define LIMIT_HEAD_BYTES ((size_t)13631488) /* a bundle's signed members, all at their limits */
#define LIMIT_TARGET_BYTES                                                                         \
    ((size_t)16777216) /* a web.config to look at; IIS's own limit is checked apart */
#define LIMIT_IIS_BYTES ((size_t)256000)      /* IIS refuses more: MaxWebConfigFileSizeInKB = 250 */
#define LIMIT_STATE_BYTES ((size_t)1048576)   /* each XML file of state, site and workspace */
#define LIMIT_LEDGER_BYTES ((size_t)67108864) /* 10,000 pins with a long history of evidence */
#define LIMIT_RUN_BYTES ((size_t)67108864)    /* a journal: 400 pins in and 512 out of 30 targets */
#define LIMIT_KEY_FILE_BYTES ((size_t)1048576) /* certificates, PKCS#7, private keys, hex lists */
#define LIMIT_KEY_FILE_PINS 2048 /* keys in one of them: 1 MiB is about 1,900 RSA-2048 in hex */
#define LIMIT_ANSWER_BYTES ((size_t)1048576) /* a discovery answer: 1,500 RSA-2048 keys */
#define LIMIT_PASSPHRASE_BYTES ((size_t)1024)
#define LIMIT_LINE_BYTES ((size_t)65536)

#endif
