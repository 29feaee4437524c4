#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a small PKI for a server on this machine. Usage: pki.sh FOLDER (which is made)
#   ca.pem          the CA of all certificates below     other-ca.pem   a CA that signed none
#   server.pem      for localhost and 127.0.0.1          server.key     the key of all of them
#   expired.pem     the same, expired                    other-name.pem for another host
#   server.sha256   SHA-256 of the key's SubjectPublicKeyInfo, in hex
set -eu

mkdir -p "$1"
cd "$1"
mkdir work # what openssl ca wants to keep

ca() { # NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
        -keyout "$1.key" -out "$1.pem" 2>work/log || { cat work/log >&2; exit 1; }
}

certificate() { # NAME SUBJECT-ALTERNATIVE-NAMES [OPTION OF openssl ca]...
    name=$1 names=$2
    shift 2
    printf '%s\n' '[ca]' 'default_ca = this' '[this]' 'database = work/index' 'new_certs_dir = work' \
        'default_md = sha256' 'rand_serial = yes' 'unique_subject = no' 'policy = policy' \
        'x509_extensions = leaf' '[policy]' 'commonName = supplied' '[leaf]' \
        'basicConstraints = CA:FALSE' "subjectAltName = $names" >work/conf
    : >work/index
    openssl req -new -key server.key -subj "/CN=$name" -out work/request
    openssl ca -batch -config work/conf -cert ca.pem -keyfile ca.key -in work/request -notext \
        -out "$name.pem" "$@" 2>work/log || { cat work/log >&2; exit 1; }
}

ca ca
ca other-ca
openssl ecparam -name prime256v1 -genkey -noout -out server.key
certificate server 'DNS:localhost, IP:127.0.0.1' -days 30
certificate expired 'DNS:localhost, IP:127.0.0.1' -startdate 20200101000000Z -enddate 20200201000000Z
certificate other-name 'DNS:elsewhere.example' -days 30
openssl pkey -in server.key -pubout -outform DER 2>/dev/null | openssl dgst -sha256 -r |
    cut -c1-64 >server.sha256
rm -r work
