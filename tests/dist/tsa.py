#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A timestamp authority (RFC 3161) on the loopback for one request, by `openssl ts`.

Usage: tsa.py FOLDER     FOLDER has tsa.pem and tsa.key; the address is written to FOLDER/url
"""
import http.server
import os
import subprocess
import sys

FOLDER = os.path.abspath(sys.argv[1])
CONFIG = """[tsa]
serial = %s/serial
signer_cert = %s/tsa.pem
signer_key = %s/tsa.key
signer_digest = sha256
default_policy = 2.25.1
digests = sha256, sha1
""" % (FOLDER, FOLDER, FOLDER)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        with open(FOLDER + "/query", "wb") as file:
            file.write(query)
        subprocess.run(["openssl", "ts", "-reply", "-config", FOLDER + "/tsa.cnf", "-section", "tsa", "-queryfile",
                        FOLDER + "/query", "-out", FOLDER + "/reply"], check=True)
        with open(FOLDER + "/reply", "rb") as file:
            reply = file.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


with open(FOLDER + "/tsa.cnf", "w", encoding="utf-8") as out:
    out.write(CONFIG)
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
server.timeout = 60
with open(FOLDER + "/url.new", "w", encoding="utf-8") as out:
    out.write("http://127.0.0.1:%d/" % server.server_port)
os.rename(FOLDER + "/url.new", FOLDER + "/url")
server.handle_request()
