#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes what the demonstration works on.

Usage: data.py keys N             prints N new RSA-2048 public keys as ENS's web.config spells them
       data.py config KEYS FILE   writes a web.config with the keys of the file KEYS, one a line
       data.py answer FILE KEY…   prints the discovery answer FILE with its first key gone and
                                  each KEY added
       data.py flip FILE OFFSET   changes one bit of the byte at OFFSET
"""
import json
import subprocess
import sys

PASSWORD = "Wint3r-Canary-7781"  # stands in the configuration, and must be shown nowhere

CONFIG = """<?xml version="1.0" encoding="utf-8"?>
<!-- Mail notification service: site configuration. Change requests go to messaging operations. -->
<configuration>
  <configSections>
    <section name="log4net" type="log4net.Config.Log4NetConfigurationSectionHandler, log4net" />
    <section name="pinnedCertificates" type="Notification.Configuration.PinnedCertificatesSection, Notification.Core" />
  </configSections>
  <connectionStrings>
    <add name="NotificationDb" connectionString="Data Source=sql-07.plant.example;Initial Catalog=ENS;User ID=ens_app;Password=%(password)s;Encrypt=True" providerName="System.Data.SqlClient" />
  </connectionStrings>
  <appSettings>
    <add key="webpages:Version" value="3.0.0.0" />
    <add key="aspnet:UseTaskFriendlySynchronizationContext" value="true" />
    <add key="CnsUrl" value="https://cns.awmdm.com/nws" />
    <add key="ExchangeUrl" value="https://mail.plant.example/EWS/Exchange.asmx" />
    <!-- raised from 30 after the outage of 12 March; Bj\u00f6rn & Zo\u00eb agreed -->
    <add key="ResubscriptionMinutes" value="45" />
    <add key="ProxyUser" value="PLANT\\svc-ens" />
    <add key="ProxyPassword" value="%(password)s" />
  </appSettings>
  <log4net>
    <appender name="File" type="log4net.Appender.RollingFileAppender">
      <file value="Logs\\ENS.log" />
      <appendToFile value="true" />
      <maximumFileSize value="10MB" />
      <layout type="log4net.Layout.PatternLayout">
        <conversionPattern value="%%date [%%thread] %%-5level %%logger - %%message%%newline" />
      </layout>
    </appender>
    <root>
      <level value="INFO" />
      <appender-ref ref="File" />
    </root>
  </log4net>
  <system.web>
    <compilation targetFramework="4.6.2" />
    <httpRuntime targetFramework="4.6.2"   maxRequestLength="8192" enableVersionHeader="false" />
    <customErrors mode="RemoteOnly" />
  </system.web>
  <system.webServer>
    <handlers>
      <remove name="OPTIONSVerbHandler" />
      <remove name="TRACEVerbHandler" />
    </handlers>
    <security>
      <requestFiltering removeServerHeader="true"><requestLimits maxAllowedContentLength="8388608" /></requestFiltering>
    </security>
  </system.webServer>
  <!-- keys of the cloud service; the first two came with the upgrade -->
  <pinnedCertificates>
%(pins)s  </pinnedCertificates>
  <runtime>
    <assemblyBinding xmlns="urn:schemas-microsoft-com:asm.v1">
      <dependentAssembly>
        <assemblyIdentity name="Newtonsoft.Json" publicKeyToken="30ad4fe6b2a6aeed" culture="neutral" />
        <bindingRedirect oldVersion="0.0.0.0-12.0.0.0" newVersion="12.0.0.0" />
      </dependentAssembly>
    </assemblyBinding>
  </runtime>
</configuration>
"""


def new_key():
    private = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return subprocess.run(
        ["openssl", "rsa", "-RSAPublicKey_out", "-outform", "DER"], input=private,
        check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.hex()


def write_config(keys, path):
    pins = "".join('    <pinnedCertificate publicKeyString="%s" />\n' % k for k in keys)
    text = CONFIG % {"password": PASSWORD, "pins": pins}
    with open(path, "wb") as file:
        file.write(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())


def main(word, *args):
    if word == "keys":
        for _ in range(int(args[0])):
            print(new_key())
    elif word == "config":
        with open(args[0]) as file:
            write_config(file.read().split(), args[1])
    elif word == "answer":
        with open(args[0]) as file:
            (host, keys), = json.load(file).items()
        print(json.dumps({host: keys[1:] + list(args[1:])}))
    elif word == "flip":
        with open(args[0], "r+b") as file:
            file.seek(int(args[1]))
            byte = file.read(1)[0]
            file.seek(int(args[1]))
            file.write(bytes([byte ^ 1]))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
