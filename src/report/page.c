// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include "analyse/memory_peak.h"
#include "report/escape.h"

#include <stdlib.h>

// Styles for light, dark and paper. Series are Okabe and Ito's colours ("Color Universal Design",
// 2008), brighter ones on a dark ground. Nothing is loaded: the policy below forbids it.
static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<style>\n"
    ":root{--g:#fff;--i:#1a1a1a;--q:#5a5a5a;--l:#ddd;--p:#f5f5f2;--0:#0072b2;--1:#c24b00;"
    "--2:#007a5a;--3:#a8508a;--4:#8a6100;--5:#2a7fb0;--w:#b3261e;--b:#00695c}\n"
    "@media(prefers-color-scheme:dark){:root{--g:#16181c;--i:#e8e6e3;--q:#a5a5a5;--l:#3a3d44;"
    "--p:#1f2228;--0:#56b4e9;--1:#ff9e4a;--2:#3ddbab;--3:#e59cc9;--4:#f0c648;--5:#9ad0f5;"
    "--w:#ff8a80;--b:#64d8c6}}\n"
    "@media print{:root{--g:#fff;--i:#000;--q:#333;--l:#bbb;--p:#fff;--0:#0072b2;--1:#c24b00;"
    "--2:#007a5a;--3:#a8508a;--w:#b3261e;--b:#00695c}section{break-inside:avoid}rect,circle{"
    "print-color-adjust:exact;-webkit-print-color-adjust:exact}details>*{display:block}}\n"
    "body{background:var(--g);color:var(--i);font:15px/1.5 system-ui,sans-serif;margin:0 auto;"
    "max-width:1000px;padding:20px}h1,h2,p,caption,figcaption{overflow-wrap:anywhere}"
    "h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:34px "
    "0 6px;border-bottom:1px solid var(--l)}h3{font-size:15px;margin:16px 0 4px}p{margin:6px "
    "0}.q{color:var(--q)}\n"
    ".badge{display:inline-block;border:2px solid;border-radius:4px;padding:1px 9px;margin:6px 8px "
    "6px 0;font-weight:600}.ok{color:var(--b)}.no{color:var(--w)}\n"
    "table{border-collapse:collapse;margin:8px 0;font-variant-numeric:tabular-nums}td,th{padding:"
    "2px 10px 2px 0;border-bottom:1px solid var(--l);text-align:left;vertical-align:top}"
    "caption{text-align:left;color:var(--q);padding:2px "
    "0}.num{text-align:right}.wide{overflow-x:auto;"
    "max-width:100%}.map td,.map th{text-align:right;padding:4px 8px;border:1px solid "
    "var(--g)}.map "
    "td.d{color:#000}.map td.l{color:#fff}.map .g{border-left:3px solid var(--i)}.map tr.g "
    "td,.map tr.g th{border-top:3px solid var(--i)}.sum{border:1px solid "
    "var(--l);border-radius:6px;padding:0 14px 8px}.sum h2{border:0;margin-top:10px}"
    ".small{font-size:12px}.small "
    "td{overflow-wrap:anywhere}.small td:first-child{overflow-wrap:normal}\n"
    "svg{height:auto;font-size:13px}svg text{fill:var(--i)}.k{width:100%}.n{text-"
    "anchor:middle}.e{text-anchor:end}\n"
    ".r{stroke:var(--i);stroke-width:1.5}.t{stroke:var(--l)}.m{stroke:var(--q);stroke-dasharray:4 "
    "3}.c{fill:none!important;stroke-width:2}.s0{fill:var(--0);stroke:var(--0)}.s1{fill:var(--1);"
    "stroke:var(--1)}.s2{fill:var(--2);stroke:var(--2)}.s3{fill:var(--3);stroke:var(--3)}.s4{fill:"
    "var(--4);stroke:var(--4)}.s5{fill:var(--5);stroke:var(--5)}path.c.s1{stroke-"
    "dasharray:7 3}path.c.s2{stroke-dasharray:2 3}path.c.s3{stroke-dasharray:12 3 2 3}path.c.s4{"
    "stroke-dasharray:12 6}path.c.s5{stroke-dasharray:5 2 1 2 1 2}\n"
    ".w{fill:var(--w);stroke:var(--w)}.b{fill:var(--b);stroke:var(--b)}svg .q{fill:var(--q);stroke:"
    "var(--q)}.i{stroke-width:3;fill:none}.key span{margin-right:18px;display:inline-block}\n"
    ".maps{display:flex;flex-wrap:wrap;gap:8px 30px}figure{width:300px;margin:8px 0}\n"
    "</style>\n";

void page_put_head(FILE *stream) {
    fputs(head, stream);
}

const struct data_run *page_run(const struct page *page) {
    return &page->shown->runs[page->shown->run_count - 1];
}

size_t page_checks(const struct page *page, struct invariant invariants[INVARIANTS_MAX]) {
    const struct invariants_input input = {
        .dataset = page->shown,
        .topology = page->topology,
        .peak_bytes_per_s = memory_peak_of_run(page_run(page), page->topology).bytes_per_s,
    };
    return page->shown->run_count == 1 ? invariants_find(&input, invariants) : 0;
}

static void put_badge(FILE *stream, bool good, const char *text) {
    fprintf(stream, "<span class=\"badge %s\">%s %s</span>\n", good ? "ok" : "no", good ? "✓" : "✗",
            text);
}

static void put_note(const char *sentence, void *context) {
    FILE *stream = context;
    fprintf(stream, "<p class=\"no\">✗ ");
    put_html(stream, sentence);
    fprintf(stream, "</p>\n");
}

static void put_raised_checks(const struct page *page, FILE *stream) {
    struct invariant *invariants = base_allocate(INVARIANTS_MAX, sizeof *invariants);
    char text[512] = "";
    size_t used = 0;
    for (size_t i = 0, count = page_checks(page, invariants); i < count; i++)
        if (invariants[i].raised && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                     used ? ", " : "CHECKS RAISED: ", invariants[i].flag->name);
    if (used)
        put_badge(stream, false, text);
    free(invariants);
}

static void put_badges(const struct page *page, FILE *stream) {
    const struct dataset *shown = page->shown;
    char text[160];
    bool verified = shown->valued > 0 && shown->verified == shown->valued;
    snprintf(text, sizeof text, "PLACEMENT %sVERIFIED: %zu of %zu rows", verified ? "" : "NOT ",
             shown->verified, shown->valued);
    put_badge(stream, verified, text);
    snprintf(text, sizeof text, "%s: %zu of %zu rows", shown->flagged ? "FLAGGED" : "NO FLAGS",
             shown->flagged ? shown->flagged : shown->valued, shown->valued);
    put_badge(stream, shown->flagged == 0, text);
    size_t refused = shown->statuses[STATUS_REFUSED], failed = shown->statuses[STATUS_FAILED];
    if (refused + failed) {
        snprintf(text, sizeof text, "INCOMPLETE: %zu rows refused, %zu failed", refused, failed);
        put_badge(stream, false, text);
    }
    put_raised_checks(page, stream);
    if (page->compared && page->compared->comparison) {
        const struct comparison *comparison = page->compared->comparison;
        size_t open = comparison->verdicts[COMPARE_INCONCLUSIVE];
        bool worse = comparison_regressed(comparison) || comparison->is_tentative;
        const char *word = compare_headline(comparison);
        snprintf(text, sizeof text, "%s: %zu of %zu inconclusive", word, open, comparison->count);
        put_badge(stream, !worse && open < comparison->count, open ? text : word);
    } else if (page->compared) {
        put_badge(stream, false, "NOT COMPARABLE");
    }
}

static void put_title(const struct page *page, FILE *stream) {
    const struct data_run *run = page_run(page);
    const char *cpu = machine_file_fact(&run->machine, "cpu_model");
    fprintf(stream, "<title>numaprobe: ");
    put_html(stream, run->host);
    fprintf(stream, "</title></head><body>\n<h1>");
    put_html(stream, run->host);
    fprintf(stream, "</h1>\n<p class=\"q\">");
    put_html(stream, cpu ? cpu : "unknown CPU");
    fprintf(stream, " · %zu node%s · ", run->machine.node_count, PLURAL(run->machine.node_count));
    put_html(stream, run->timestamp_utc);
    fprintf(stream, " · numaprobe ");
    put_html(stream, run->machine.tool.version);
    fprintf(stream, " · %zu run%s, %zu case%s, %zu row%s</p>\n", page->shown->run_count,
            PLURAL(page->shown->run_count), page->shown->cell_count,
            PLURAL(page->shown->cell_count), page->shown->rows, PLURAL(page->shown->rows));
}

void page_write(const struct page *page, FILE *stream) {
    static void (*const sections[])(const struct page *page, FILE *stream) = {
        section_summary,      section_checks,     section_matrices,     section_tiers,
        section_sets,         section_bus,        section_sweep,        section_loaded,
        section_core_to_core, section_comparison, section_verification, section_provenance,
        section_rows,
    };
    page_put_head(stream);
    put_title(page, stream);
    notes_each(page->shown, put_note, stream);
    put_badges(page, stream);
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        sections[i](page, stream);
    fprintf(stream, "<p class=\"q\">1 GB/s is 1e9 bytes/s. Values are medians over repetitions. "
                    "This page loads nothing from anywhere.</p>\n</body></html>\n");
}
