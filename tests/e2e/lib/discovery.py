#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A discovery service on this machine, for the demonstration and the tests.

Usage: discovery.py FOLDER ANSWER     (FOLDER was made by pki.sh; runs until it is killed)
Answers HTTPS requests with the bytes of the file ANSWER, read anew each time. Once it listens,
FOLDER/url holds the address, FOLDER/proxy that of an HTTP proxy to it, and FOLDER/log gets a line
of JSON for each request. These paths misbehave:
  /status/N      answers with status N            /redirect     sends to another host
  /busy/N/ANY    503 to the first N requests      /late/N       429, Retry-After N
  /endless       never ends                       /page/N       never ends, with status N
  /cut           ends before its length
  /slow          a byte now and then              /silent       closes without an answer
"""
import http.server
import itertools
import json
import os
import select
import socket
import ssl
import sys
import threading
import time

folder, answer = sys.argv[1:3]
seen = {}
lock = threading.Lock()


def note(**what):
    with lock, open(os.path.join(folder, "log"), "a") as log:
        log.write(json.dumps(what) + "\n")


def publish(name, text):
    """Whole or not at all, for whoever waits for the file."""
    path = os.path.join(folder, name)
    with open(path + ".part", "w") as file:
        file.write(text + "\n")
    os.rename(path + ".part", path)


class Service(http.server.BaseHTTPRequestHandler):
    def log_message(self, *ignored):
        pass

    def reply(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pour(self, pieces, pause, status=200):
        self.send_response(status)
        self.end_headers()
        try:
            for piece in pieces:
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            pass  # the client had enough

    def do_GET(self):
        note(path=self.path, headers=dict(self.headers))
        word, _, rest = self.path.split("?")[0][1:].partition("/")
        if word == "status":
            self.reply(int(rest), b"no")
        elif word == "redirect":
            self.reply(302, b"there", Location="https://elsewhere.example/sign-in?secret=1")
        elif word == "late":
            self.reply(429, Retry_After=rest)
        elif word == "busy":
            with lock:
                seen[rest] = seen.get(rest, 0) + 1
            if seen[rest] <= int(rest.split("/")[0]):
                self.reply(503, b"busy")
            else:
                self.answer()
        elif word == "endless":
            self.pour(itertools.repeat(b" " * 65536), 0)
        elif word == "page":
            self.pour(itertools.repeat(b"<p>" * 65536), 0, int(rest))
        elif word == "slow":
            self.pour(itertools.repeat(b" "), 0.3)
        elif word == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b'{"')
            self.close_connection = True
        elif word == "silent":
            self.close_connection = True
        else:
            self.answer()

    def answer(self):
        with open(answer, "rb") as file:
            self.reply(200, file.read(), Content_Type="application/json")


class Proxy(http.server.BaseHTTPRequestHandler):
    """Knows CONNECT only, and refuses the host refused.example."""

    def log_message(self, *ignored):
        pass

    def do_CONNECT(self):
        note(proxy=self.path)
        host, _, port = self.path.rpartition(":")
        if host == "refused.example":
            self.send_error(407)
            return
        with socket.create_connection((host, int(port))) as far:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: far, far: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)


def serve(handler, wrap=lambda raw: raw):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *ignored: None  # a client that goes away is nobody's fault
    server.socket = wrap(server.socket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
publish("proxy", "http://127.0.0.1:%d" % serve(Proxy))
# the handshake is left to the thread of the request, so that one that hangs holds up no other
port = serve(Service, lambda raw: context.wrap_socket(
    raw, server_side=True, do_handshake_on_connect=False))
publish("url", "https://localhost:%d/autodiscovery/HostRegistry.aws" % port)
threading.Event().wait()
