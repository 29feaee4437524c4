// SPDX-License-Identifier: MIT
// Prints what .NET calls the public key string of each certificate file, one a line: the text that
// ENS compares with publicKeyString in web.config.
using System;
using System.Security.Cryptography.X509Certificates;

class PrintKey
{
    static void Main(string[] files)
    {
        foreach (string file in files)
        {
            Console.WriteLine(new X509Certificate(file).GetPublicKeyString());
        }
    }
}
