#!/bin/sh
# SPDX-License-Identifier: MIT
# The servers of the stand-in: nginx before the application and as CNS, and the application itself.
# Usage: site.sh FOLDER     (runs until it is killed, and ends both)
# FOLDER has tls/ of pki.sh, cns.pem (key and certificate of CNS, read anew for each connection) and
# Website/ with web.config, in which @CNS@ is put. FOLDER/url says where the application is, once
# it answers. While FOLDER/stale is there, nginx answers what that file holds instead, with 503.
set -u
folder=$(cd "$1" && pwd) || exit 1
cd "$folder" || exit 1
LIMIT=600 # seconds for the servers, should nobody end them
pids=
leave() {
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    wait
}
trap leave EXIT
trap 'exit 0' TERM INT

begin() { # NAME COMMAND...
    log=$1.log
    shift
    timeout -k 5 "$LIMIT" "$@" >"$log" 2>&1 </dev/null &
    pids="$pids $!"
}

# Two ports that are free now; kept open together so that they differ.
free_ports() {
    python3 -c '
import socket
both = [socket.socket(), socket.socket()]
for one in both:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in both))'
}

configure() { # PORT PORT-OF-CNS
    cat >nginx.conf <<END
daemon off;
master_process off;
pid $folder/nginx.pid;
events { worker_connections 64; }
http {
    log_format asked '\$status \$uri \$http_user_agent';
    access_log $folder/asked asked;
    client_body_temp_path $folder/t-body;
    proxy_temp_path $folder/t-proxy;
    fastcgi_temp_path $folder/t-fastcgi;
    uwsgi_temp_path $folder/t-uwsgi;
    scgi_temp_path $folder/t-scgi;
    ssl_session_cache off;
    ssl_session_tickets off;
    map '' \$cns { default $folder/cns.pem; }
    server {
        listen 127.0.0.1:$2 ssl;
        access_log $folder/notices asked;
        ssl_certificate \$cns;
        ssl_certificate_key \$cns;
        location = /nws/notify { return 202 'accepted'; }
    }
    server {
        listen 127.0.0.1:$1 ssl;
        ssl_certificate $folder/tls/server.pem;
        ssl_certificate_key $folder/tls/server.key;
        default_type text/plain;
        error_page 599 =503 /stale;
        location = /stale { internal; root $folder; }
        location / {
            if (-f $folder/stale) { return 599; }
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $folder/Website\$fastcgi_script_name;
            fastcgi_read_timeout 10;
            fastcgi_pass unix:$folder/socket;
        }
    }
}
END
}

# nginx ends at once where somebody else took a port meanwhile: then with others.
for try in 1 2 3 4 5; do
    # shellcheck disable=SC2046 # two numbers, split on purpose
    set -- $(free_ports)
    configure "$1" "$2"
    begin nginx nginx -p "$folder" -c "$folder/nginx.conf" -e stderr
    nginx=$!
    until [ -s nginx.pid ] || ! kill -0 "$nginx" 2>/dev/null; do sleep 0.1; done
    [ ! -s nginx.pid ] || break
    [ "$try" -lt 5 ] || { cat nginx.log >&2; exit 1; }
done
sed -i "s|@CNS@|https://localhost:$2/nws/notify|" Website/web.config

mkdir -p tmp
begin mono env HOME="$folder" TMPDIR="$folder/tmp" fastcgi-mono-server4 \
    --applications="/MailNotifications:$folder/Website" --socket=unix:"$folder/socket" --printlog
mono=$!
url=https://localhost:$1/MailNotifications/api/ens
tries=0
until curl -s -f -o ready --max-time 20 --cacert tls/ca.pem "$url/alive"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$mono" 2>/dev/null; then
        cat mono.log nginx.log ready >&2
        exit 1
    fi
    sleep 0.2
done
echo "$url" >url.part && mv url.part url
wait "$nginx" "$mono"
