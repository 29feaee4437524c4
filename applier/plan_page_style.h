/* SPDX-License-Identifier: MIT */
/*
 * The style sheet of a plan's page: dark text on white, A4 in print, no meaning in colours alone,
 * tables that become blocks on a narrow screen.
 */
#ifndef APPLIER_PLAN_PAGE_STYLE_H
#define APPLIER_PLAN_PAGE_STYLE_H

/* The page's policy names the digest of exactly these bytes. */
#define PLAN_PAGE_STYLE                                                                            \
    "\n"                                                                                           \
    "*{box-sizing:border-box}\n"                                                                   \
    "html{-webkit-text-size-adjust:100%}\n"                                                        \
    "body{margin:0 auto;max-width:56rem;padding:2rem 1.25rem 3rem;background:#fff;color:#1a1a1a;"  \
    "font:1rem/1.5 'Segoe UI','Helvetica Neue',Arial,sans-serif;overflow-wrap:anywhere}\n"         \
    "h1{font-size:1.75rem;line-height:1.2;margin:.25rem 0 .75rem}\n"                               \
    "h2{font-size:1.2rem;line-height:1.3;margin:2.25rem 0 .5rem;padding-top:.6rem;"                \
    "border-top:2px solid #1a1a1a}\n"                                                              \
    "h3{font-size:1rem;margin:1.5rem 0 .25rem;font-family:Consolas,'DejaVu Sans Mono',monospace}"  \
    "\n"                                                                                           \
    "p,ul,ol{margin:.5rem 0}\n"                                                                    \
    "li{margin:.25rem 0}\n"                                                                        \
    "code,pre{font-family:Consolas,'DejaVu Sans Mono',monospace;font-size:.84em}\n"                \
    "pre{margin:.5rem 0;padding:.75rem 1rem;border:1px solid #8a8a8a;border-left-width:4px;"       \
    "white-space:pre-wrap;overflow-wrap:anywhere}\n"                                               \
    ".kind{margin:0;font-size:.85rem;letter-spacing:.06em;text-transform:uppercase}\n"             \
    ".lead{font-size:1.15rem;max-width:44rem}\n"                                                   \
    "dl{display:grid;grid-template-columns:10rem 1fr;margin:1.25rem 0;border-top:1px solid "       \
    "#b5b5b5}\n"                                                                                   \
    "dt,dd{margin:0;padding:.35rem 0;border-bottom:1px solid #b5b5b5}\n"                           \
    "dt{font-weight:600}\n"                                                                        \
    ".heed{margin:1.25rem 0;padding:.75rem 1rem;border:2px solid #1a1a1a}\n"                       \
    ".heed p{margin:0;font-weight:600}\n"                                                          \
    ".heed ul{margin:.25rem 0 0;padding-left:1.25rem}\n"                                           \
    "table{width:100%;border-collapse:collapse;margin:.75rem 0 1.25rem;font-size:.94rem}\n"        \
    "caption{text-align:left;font-size:.88rem;padding-bottom:.35rem;color:#3d3d3d}\n"              \
    "th{text-align:left;border-bottom:1.5px solid #1a1a1a;padding:.3rem .6rem .3rem 0}\n"          \
    "td{vertical-align:top;border-bottom:1px solid #c9c9c9;padding:.35rem .6rem .35rem 0}\n"       \
    ".line,.sign{text-align:right;white-space:nowrap;width:1%;font-variant-numeric:tabular-nums}"  \
    "\n"                                                                                           \
    "th:first-child{white-space:nowrap}\n"                                                         \
    ".diff td{padding:.4rem .6rem;line-height:1.4;border:1px solid #8a8a8a;border-width:1px 0} \
"   \
    ".diff code{word-break:break-all} \
"                                                            \
    ".diff .sign{font-weight:700;padding-right:0;border-left-width:1px} \
"                          \
    ".diff td:last-child{border-right-width:1px} \
"                                                 \
    ".diff .goes td{background:#f0f0f0} \
"                                                          \
    ".comes .sign,.stack .comes strong{color:#0b5a1e}\n"                                           \
    ".goes .sign,.stack .goes strong{color:#8c1515}\n"                                             \
    ".stack strong,.whole{white-space:nowrap}\n"                                                   \
    ".sign2{display:grid;grid-template-columns:1fr 1fr;gap:2rem;margin-top:1rem}\n"                \
    ".sign2 p{margin:0;padding-top:2.4rem;border-bottom:1px solid #1a1a1a;font-size:.85rem}\n"     \
    ".sign2 p:first-child{padding-top:0;border:0;font-weight:600}\n"                               \
    ".box{display:inline-block;width:.8em;height:.8em;border:1px solid #1a1a1a;margin-right:.5em}" \
    "\n"                                                                                           \
    "ul.tick{list-style:none;padding:0}\n"                                                         \
    "footer{margin-top:2.5rem;padding-top:.5rem;border-top:1px solid #b5b5b5;font-size:.85rem;"    \
    "color:#3d3d3d}\n"                                                                             \
    "@media (max-width:40rem){\n"                                                                  \
    "body{padding:1rem 1rem 2rem}\n"                                                               \
    "h1{font-size:1.4rem}\n"                                                                       \
    "dl{grid-template-columns:1fr}\n"                                                              \
    "dt{border:0;padding-bottom:0}\n"                                                              \
    "dd{padding-top:0}\n"                                                                          \
    ".sign2{grid-template-columns:1fr}\n"                                                          \
    ".stack thead{display:none}\n"                                                                 \
    ".stack,.stack caption,.stack tbody,.stack tr,.stack td{display:block;width:auto}\n"           \
    ".stack tr{padding:.4rem 0;border-bottom:1px solid #8a8a8a}\n"                                 \
    ".stack td{border:0;padding:.1rem 0;text-align:left}\n"                                        \
    ".stack td:empty{display:none}\n"                                                              \
    ".stack td::before{content:attr(data-label) ': ';font-weight:600}\n"                           \
    "}\n"                                                                                          \
    "@page{size:A4;margin:16mm 16mm 18mm;@bottom-right{content:counter(page) ' / ' "               \
    "counter(pages);font:8pt sans-serif}}\n"                                                       \
    "@media print{\n"                                                                              \
    "html{font-size:9.5pt}\n"                                                                      \
    "body{max-width:none;padding:0;line-height:1.4;color:#000}\n"                                  \
    "code,pre{font-size:.8em}\n"                                                                   \
    "h1{font-size:17pt}\n"                                                                         \
    "h2{font-size:12pt;margin-top:14pt}\n"                                                         \
    ".lead{font-size:11pt}\n"                                                                      \
    "h2,h3,caption{break-after:avoid}\n"                                                           \
    "tr,dt,dd,li,.heed,.sign2,.approval{break-inside:avoid}\n"                                     \
    "thead{display:table-header-group}\n"                                                          \
    "}\n"

#endif
