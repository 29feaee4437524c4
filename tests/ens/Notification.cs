// SPDX-License-Identifier: MIT
// A small ASP.NET application that does with pinned keys what ENS does: it tells CNS of new mail over
// TLS and believes it only by a key that web.config pins.
using System;
using System.Configuration;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Web;

namespace Notification.Configuration
{
    public class PinnedCertificate : ConfigurationElement
    {
        [ConfigurationProperty("publicKeyString", IsRequired = true, IsKey = true)]
        public string PublicKeyString
        {
            get { return (string)this["publicKeyString"]; }
        }
    }

    public class PinnedCertificates : ConfigurationElementCollection
    {
        public override ConfigurationElementCollectionType CollectionType
        {
            get { return ConfigurationElementCollectionType.BasicMap; }
        }

        protected override string ElementName
        {
            get { return "pinnedCertificate"; }
        }

        protected override ConfigurationElement CreateNewElement()
        {
            return new PinnedCertificate();
        }

        protected override object GetElementKey(ConfigurationElement element)
        {
            return ((PinnedCertificate)element).PublicKeyString;
        }
    }

    public class PinnedCertificatesSection : ConfigurationSection
    {
        [ConfigurationProperty("", IsDefaultCollection = true)]
        public PinnedCertificates Items
        {
            get { return (PinnedCertificates)this[""]; }
        }
    }
}

namespace Notification
{
    using Notification.Configuration;

    // One answer is one line, so that a test can tell every right answer from every other.
    public abstract class Page : IHttpHandler
    {
        public bool IsReusable
        {
            get { return true; }
        }

        protected static string[] Pins()
        {
            var section = (PinnedCertificatesSection)ConfigurationManager.GetSection("pinnedCertificates");
            return section.Items.Cast<PinnedCertificate>().Select(p => p.PublicKeyString).ToArray();
        }

        // "9 pins, 0123…": how many, and the SHA-256 of all in lower case, sorted, one a line.
        protected static string Describe(string[] pins)
        {
            var sorted = pins.Select(p => p.ToLowerInvariant() + "\n").ToArray();
            Array.Sort(sorted, StringComparer.Ordinal);
            using (var sha256 = SHA256.Create())
            {
                byte[] digest = sha256.ComputeHash(Encoding.ASCII.GetBytes(string.Concat(sorted)));
                return pins.Length + " pins, " + string.Concat(digest.Select(b => b.ToString("x2")));
            }
        }

        public void ProcessRequest(HttpContext context)
        {
            int status;
            string line = Answer(Pins(), out status);
            context.Response.StatusCode = status;
            context.Response.ContentType = "text/plain";
            context.Response.Write(line + "\n");
        }

        protected abstract string Answer(string[] pins, out int status);
    }

    public class Alive : Page
    {
        protected override string Answer(string[] pins, out int status)
        {
            status = 200;
            return "alive: " + Describe(pins);
        }
    }

    public class Notify : Page
    {
        // The server ends an application that is recycled by aborting the threads of its requests.
        static bool IsAborted(Exception e)
        {
            return e != null && (e is ThreadAbortException || IsAborted(e.InnerException));
        }

        protected override string Answer(string[] pins, out int status)
        {
            string shown = null;
            bool pinned = false;
            try
            {
                var request = (HttpWebRequest)WebRequest.Create(ConfigurationManager.AppSettings["CnsUrl"]);
                request.KeepAlive = false;
                request.Timeout = 30000;
                request.ServerCertificateValidationCallback = (sender, certificate, chain, errors) =>
                {
                    shown = new X509Certificate(certificate).GetPublicKeyString();
                    pinned = pins.Any(p => string.Equals(p, shown, StringComparison.OrdinalIgnoreCase));
                    return pinned;
                };
                using (var response = (HttpWebResponse)request.GetResponse())
                {
                    status = pinned && response.StatusCode == HttpStatusCode.Accepted ? 200 : 502;
                    return (status == 200 ? "notified: " : "wrong: ") + Describe(pins);
                }
            }
            catch (WebException e)
            {
                if (IsAborted(e))
                {
                    status = 503;
                    return "recycled";
                }
                status = shown != null && !pinned ? 503 : 502;
                return status == 503 ? "refused: CNS is not among " + Describe(pins)
                                     : "wrong: " + e.Status + " " + e.Message;
            }
        }
    }
}
