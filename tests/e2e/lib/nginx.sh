#!/bin/sh
# SPDX-License-Identifier: MIT
# A real web server on this machine with what stands between a site and the discovery service.
# Usage: nginx.sh FOLDER ANSWER     (FOLDER was made by pki.sh; runs until it is killed)
# ANSWER is what /autodiscovery/HostRegistry.aws answers. FOLDER/ports says where what is:
#   good expired other_name      TLS with that certificate
#   old                          TLS 1.1 and nothing newer
#   plain                        HTTP without TLS
# On good, besides: /slow (2 bytes a second), /moved (to plain HTTP), /elsewhere (another host),
# /absent (404), /broken (500), /page (HTML with status 200).
set -eu

folder=$(cd "$1" && pwd)
answer=$2
names='good expired other_name old plain'
mkdir -p "$folder/nginx/autodiscovery"
cp "$answer" "$folder/nginx/autodiscovery/HostRegistry.aws"
cp "$answer" "$folder/nginx/slow"
echo '<!DOCTYPE html><title>Sign in</title>' >"$folder/nginx/page"

# Ports that are free now, kept open together so that none is given twice.
# shellcheck disable=SC2086 # a list of names, split on purpose
python3 -c '
import socket, sys
open_ones = [socket.socket() for _ in sys.argv[1:]]
for one, name in zip(open_ones, sys.argv[1:]):
    one.bind(("127.0.0.1", 0))
    print("%s=%d" % (name, one.getsockname()[1]))' $names >"$folder/ports.part"
good='' expired='' other_name='' old='' plain=''
# shellcheck disable=SC1091 # made above
. "$folder/ports.part"

tls() { # PORT CERTIFICATE [MORE]
    echo "server { listen 127.0.0.1:$1 ssl; ssl_certificate $folder/$2.pem; ${3-}"
    echo "    ssl_certificate_key $folder/server.key; include common; }"
}
{
    echo "daemon off; master_process off; pid $folder/nginx.pid; error_log $folder/nginx.log;"
    echo 'events { worker_connections 64; }'
    echo 'http { access_log off; default_type application/json;'
    for kind in client_body proxy fastcgi uwsgi scgi; do
        echo "${kind}_temp_path $folder/nginx-$kind;"
    done
    tls "$good" server
    tls "$expired" expired
    tls "$other_name" other-name
    tls "$old" server 'ssl_protocols TLSv1.1; ssl_ciphers DEFAULT:@SECLEVEL=0;'
    echo "server { listen 127.0.0.1:$plain; include common; }"
    echo '}'
} >"$folder/nginx.conf"
cat >"$folder/common" <<END
root $folder/nginx;
location = /slow { limit_rate 2; }
location = /moved { return 301 http://localhost:$plain/autodiscovery/HostRegistry.aws; }
location = /elsewhere { return 302 https://elsewhere.example/sign-in?secret=1; }
location = /broken { return 500; }
END
mv "$folder/ports.part" "$folder/ports"
exec nginx -p "$folder" -c "$folder/nginx.conf" -e "$folder/nginx.log"
