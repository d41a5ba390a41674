# SPDX-License-Identifier: GPL-2.0-or-later
#
# The chart of `make demo-loop`, SVG.  Lines in:
#   phase MS NAME...           from then on
#   time MS P50 P95 FAILED     of clients who came in that second, in ms
#   share1|share2 MS W1 .. W6  weights of i1 to i6 at an ingress
#   score MS C1 .. C6          scores of i1 to i6, "-": none

BEGIN {
	WIDTH = 1000; LEFT = 70; RIGHT = 900
	# hues are sites, the second instance of one is lighter
	split("#1f5fa8 #86b4e3 #c4501b #f0a77d #2f7d4f #93cfab", color, " ")
}

$1 == "phase" {
	phase_at[++phases] = $2
	sub(/^phase [0-9]+ /, "")
	phase_name[phases] = $0
	next
}

$1 == "time" {
	at[++times] = $2
	p50[times] = $3; p95[times] = $4; failed[times] = $5
	next
}

{
	n = ++count[$1]
	when[$1, n] = $2
	for (i = 1; i <= 6; i++)
		value[$1, n, i] = $(i + 2)
	if ($2 > end)
		end = $2
}

function x(ms)
{
	return LEFT + (RIGHT - LEFT) * (ms - start) / (end - start)
}

# Response times: 10 ms to 5 s, logarithmic
function y_time(ms, v)
{
	v = log(ms < 10 ? 10 : ms > 5000 ? 5000 : ms)
	return 230 - 170 * (v - log(10)) / (log(5000) - log(10))
}

function text(px, py, words, style)
{
	printf "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", px, py, style, words
}

function rule(py, words)
{
	printf "<path d=\"M%d %.1fH%d\" class=\"grid\"/>\n", LEFT, py, RIGHT
	text(LEFT - 6, py + 4, words, "text-anchor=\"end\"")
}

function title(py, words)
{
	text(LEFT, py, words, "class=\"title\"")
}

function phases_draw(bottom, p, to)
{
	for (p = 1; p <= phases; p++) {
		to = p < phases ? phase_at[p + 1] : end
		if (p % 2 == 0)
			printf "<rect x=\"%.1f\" y=\"40\" width=\"%.1f\" height=\"%d\" fill=\"#f1f1ee\"/>\n",
				x(phase_at[p]), x(to) - x(phase_at[p]), bottom - 40
		text((x(phase_at[p]) + x(to)) / 2, 34, phase_name[p],
		     "text-anchor=\"middle\" class=\"phase\"")
	}
}

# A line of response times: which is 50 or 95
function times_draw(which, style, path, t, v)
{
	for (t = 1; t <= times; t++) {
		v = which == 50 ? p50[t] : p95[t]
		if (at[t] + 500 < start || at[t] + 500 > end || v == 0)
			continue
		path = path (path ? "L" : "M") sprintf("%.1f %.1f",
			x(at[t] + 500), y_time(v))
	}
	printf "<path d=\"%s\" %s fill=\"none\"/>\n", path, style
}

function failures_draw(t, any)
{
	for (t = 1; t <= times; t++) {
		if (!failed[t] || at[t] < start || at[t] > end)
			continue
		any = 1
		printf "<path d=\"M%.1f 234l-4 8h8z\" fill=\"#b00020\"/>\n",
			x(at[t] + 500)
		text(x(at[t] + 500) + 6, 242, failed[t] " failed",
		     "fill=\"#b00020\"")
	}
	return any
}

function response_draw()
{
	title(56, "Response time of requests, ms (logarithmic): half of them (light) and 95 % (dark) are faster")
	rule(y_time(10), 10)
	rule(y_time(100), 100)
	rule(y_time(1000), 1000)
	times_draw(50, "stroke=\"#9a9a94\" stroke-width=\"2\"")
	times_draw(95, "stroke=\"#222222\" stroke-width=\"2\"")
	failures_draw()
}

# Shares of an ingress, stacked, 0 to 100 percent from TOP + 110 to TOP
function shares_draw(series, top, i, k, n, base, path, back)
{
	n = count[series]
	for (k = 1; k <= n; k++)
		base[k] = 0
	for (i = 1; i <= 6; i++) {
		path = back = ""
		for (k = 1; k <= n; k++) {
			back = sprintf("L%.1f %.1f", x(when[series, k]),
				top + 110 - 1.1 * base[k]) back
			base[k] += value[series, k, i]
			path = path (path ? "L" : "M") sprintf("%.1f %.1f",
				x(when[series, k]), top + 110 - 1.1 * base[k])
		}
		printf "<path d=\"%s%sZ\" fill=\"%s\" stroke=\"#fff\" stroke-width=\"1\"/>\n",
			path, back, color[i]
		text(RIGHT + 8, top + 114 - 1.1 * (base[n] - value[series, n, i] / 2),
		     value[series, n, i] >= 9 ? "i" i " (s" int((i + 1) / 2) ")" : "",
		     "fill=\"" color[i] "\" class=\"name\"")
	}
	rule(top, "100 %")
	rule(top + 110, "0")
}

# One line per instance, broken where there is no score
function scores_draw(top, i, k, path, pen)
{
	for (i = 1; i <= 6; i++) {
		path = ""; pen = "M"
		for (k = 1; k <= count["score"]; k++) {
			if (value["score", k, i] == "-") {
				pen = "M"
				continue
			}
			path = path pen sprintf("%.1f %.1f", x(when["score", k]),
				top + 110 - value["score", k, i] * 0.11)
			pen = "L"
		}
		printf "<path d=\"%s\" stroke=\"%s\" stroke-width=\"1.6\" fill=\"none\"/>\n",
			path, color[i]
	}
	rule(top, 1000)
	rule(top + 110, 0)
}

function legend(py, i)
{
	for (i = 1; i <= 6; i++) {
		printf "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>\n",
			LEFT + (i - 1) * 110, py, color[i]
		text(LEFT + (i - 1) * 110 + 18, py + 10,
		     "i" i ", site s" int((i + 1) / 2), "")
	}
}

END {
	start = phase_at[1]
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d 760\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n", WIDTH
	print "<style>.grid{stroke:#d5d5d0;stroke-width:1}.title{font-weight:bold}.phase{font-weight:bold}.name{font-weight:bold}</style>"
	printf "<rect width=\"%d\" height=\"760\" fill=\"#fff\"/>\n", WIDTH
	phases_draw(704)
	response_draw()
	title(270, "Share of new flows in the maps of in1")
	shares_draw("share1", 282)
	title(420, "Share of new flows in the maps of in2")
	shares_draw("share2", 432)
	title(570, "Composite Performance Score that the C-SMAs tell")
	scores_draw(582)
	for (s = 0; s <= (end - start) / 1000; s += 10)
		text(x(start + s * 1000), 716, s " s", "text-anchor=\"middle\"")
	legend(732)
	print "</svg>"
}
