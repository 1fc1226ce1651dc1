package inject

import (
	"strings"
	"testing"
)

// pointCases mark the insertion point with a bar; those without one have none.
var pointCases = []struct{ name, doc string }{
	{"empty document", "|"},
	{"one byte", "|x"},
	{"only white space", " \t\n\f\r|"},
	{"head", "<!DOCTYPE html><html lang=en><head>|<title>x</title>"},
	{"upper case", "<!DOCTYPE HTML><HTML><HEAD>|<TITLE>x</TITLE>"},
	{"head with attributes", `<head data-x=">>" class='>' prefix=a/>|<title>`},
	{"head with a slash", "<head/>|<title>"},
	{"head at the end", "<html><head>|"},
	{"head cut off in its name", "<html>|<hea"},
	{"head cut off in a value", `<html>|<head class="a>`},
	{"no head", "<!DOCTYPE html><html>|<body>x"},
	{"no html", "<!DOCTYPE html>\n|<title>x</title>"},
	{"no tags at all", "|Hello"},
	{"header is not head", "<html>|<header>x</header>"},
	{"heading is not head", "|<h1>x"},
	{"head in a comment", "<!-- <head> --><html><!--<head>--><head>|"},
	{"head in a script comes too late", "|<script>'<head>'</script><head>"},
	{"frameset", "<html>|<frameset>"},
	{"script first", "|<script>"},
	{"second html", "<html><html><head>|"},
	{"doctype late", "</p><!DOCTYPE html><html><!DOCTYPE html><head>|"},
	{"text before doctype", "|x<!DOCTYPE html>"},

	{"comment at once closed", "<!--><!---><head>|"},
	{"comment with bang", "<!-- x --!><head>|"},
	{"comment with many dashes", "<!---- x -----><head>|"},
	{"comment that looks closed", "<!-- x --x> -- > --!x> <head> --><html>|<p>"},
	{"comment in a comment", "<!-- <!-- --><head>|"},
	{"comment with bang and dashes", "<!-- --!-> --!--><head>|"},
	{"conditional comment", "<!--[if IE]><head><![endif]--><head>|"},
	{"downlevel-revealed comment", "<![if !IE]><head>|<![endif]>"},
	{"CDATA is a bogus comment", "<![CDATA[<head>|]]>"},
	{"XML declaration", "<?xml version='1.0'?><html><head>|"},
	{"bogus comments", "<!x><!-x><!doctyp><?x></ ></1></><head>|"},
	{"unfinished comment", "<html><!-- <head>"},
	{"comment cut off after a dash", "<!-"},
	{"unfinished tag with a question mark", "|<head2 <?php"},
	{"unfinished question mark", "<?php echo"},
	{"unfinished end tag comment", "</ x"},
	{"bare markup declaration", "<!"},
	{"unfinished doctype", "<!DOCTYPE html"},
	{"quoted bracket in a doctype", `<!DOCTYPE html PUBLIC ">|">`},

	{"end tags that are ignored", "</p></title></script x='>'></header><head>|"},
	{"end of head", "<html>|</head>"},
	{"end of body", "|</body>"},
	{"end of html", "<!DOCTYPE html>|</html>"},
	{"end of br", "|</br>"},
	{"end of headx", "</headx><head>|"},
	{"end tag cut off", "<html>|</p"},
	{"end of body cut off", "|</body"},

	{"white space references", "&#32;&#x20;&#X000a&#9&#10;&#012;&#13;&#xC;&Tab;&NewLine;<head>|"},
	{"reference at the end", "&#32|"},
	{"reference cut off", "|&#3"},
	{"named reference cut off", "|&Tab"},
	{"named reference without semicolon", "|&Tab<head>"},
	{"reference before a doctype", "&#32;<!DOCTYPE html><head>|"},
	{"reference and more digits", "|&#320;<head>"},
	{"reference then text", "&#32|x"},
	{"hexadecimal digits end a reference", "&#32|a"},
	{"large reference", "|&#4294967328;<head>"},
	{"larger reference", "|&#18446744073709551648;<head>"},
	{"null reference", "|&#0;"},
	{"no-break space", "|&#160;<head>"},
	{"other reference", "|&nbsp;<head>"},
	{"empty references", "|&#;"},
	{"empty hexadecimal reference", "|&#x;"},
	{"ampersand", "|& <head>"},
	{"ampersand at the end", "|&"},
	{"newline in lower case", "|&newline;<head>"},

	{"less-than at the end", "|<"},
	{"less-than and slash at the end", "|</"},
	{"less-than and a digit", "|<1><head>"},
	{"less-than twice", "|<<head>"},
	{"null", "|\x00<head>"},
	{"null in a name", "|<he\x00ad>"},
	{"vertical tab is no white space", "|\v<head>"},
	{"no-break space byte", "|\u00a0<head>"},

	{"equals sign begins a name", `<html =">|"><head>`},
	{"and may end one", `<html ==">"><head>|`},
	{"value closed at once", `<html a=><head>|"`},
	{"quotes within an unquoted value", `<html a=b"><head>|"`},
	{"quotes in a name", `<html a"b><head>|"`},
	{"spaces around an equals sign", `<html a = '>' b ><head>|`},
	{"value after value", `<html a="b"c='>'><head>|`},
	{"slashes between", `<html / a/b = ">" /><head>|`},
	{"slash after an equals sign", `<html a=/><head>|`},
}

func TestPoint(t *testing.T) {
	for _, c := range pointCases {
		t.Run(c.name, func(t *testing.T) {
			before, after, has := strings.Cut(c.doc, "|")
			doc := []byte(before + after)
			want := string(doc)
			if has {
				want = before + testTag + after
			}
			o := Options{Charset: "utf-8"}
			whole, head := rewrite(t, o, doc, nil)
			if whole != want {
				t.Errorf("got  %q %v\nwant %q", whole, head.Skip, want)
			}
			if has != (head.Skip == "") || !has && head.Skip != ReasonNoPoint {
				t.Errorf("Skip = %q", head.Skip)
			}
			for cut := range len(doc) + 1 {
				if out, h := rewrite(t, o, doc, at(cut)); out != whole || !equalHeads(h, head) {
					t.Fatalf("cut after %q: %q %+v, in one piece %q %+v", doc[:cut], out, h, whole, head)
				}
			}
			if out, _ := rewrite(t, o, doc, pieces(1)); out != whole {
				t.Fatalf("byte by byte: %q", out)
			}
			if has {
				if d := differsByTag(doc, []byte(whole)); d != "" {
					t.Errorf("x/net/html: %s", d)
				}
			}
		})
	}
}

// TestHTML5lib runs html5lib's documents: a search over every offset says
// which of them can be injected at all, and those must be, at an offset where
// it is right; the others must pass untouched.
func TestHTML5lib(t *testing.T) {
	docs := html5lib(t)
	injectable := 0
	for _, doc := range docs {
		possible := false
		for i := 0; i <= len(doc) && !possible; i++ {
			possible = differsByTag(doc, insert(doc, i, testTag)) == ""
		}
		o := Options{Charset: "utf-8"}
		out, head := rewrite(t, o, doc, nil)
		checkInsertion(t, o, doc, out, head)
		if possible != (head.Skip == "") {
			t.Errorf("%q: injectable %v, but Skip is %q", doc, possible, head.Skip)
			continue
		}
		if possible {
			injectable++
			if d := differsByTag(doc, []byte(out)); d != "" {
				t.Errorf("%q became %q: %s", doc, out, d)
			}
		}
		for _, n := range []int{1, 7, 4096} {
			if cut, _ := rewrite(t, o, doc, pieces(n)); cut != out {
				t.Errorf("in pieces of %d: %q, in one %q", n, cut, out)
			}
		}
	}
	t.Logf("%d documents, %d injectable", len(docs), injectable)
	if len(docs) < 1500 || injectable < len(docs)-20 {
		t.Errorf("%d documents, %d injectable: the data is not what it was", len(docs), injectable)
	}
}

// TestHTML5libCodings runs html5lib's documents through every coding.
func TestHTML5libCodings(t *testing.T) {
	docs := html5lib(t)
	for _, coding := range []string{"gzip", "deflate", "bare deflate", "br", "zstd"} {
		t.Run(coding, func(t *testing.T) {
			t.Parallel()
			for i, doc := range docs {
				if raceEnabled && i%5 != 0 {
					continue // the race detector has seen it all by then
				}
				want, head := rewrite(t, Options{Charset: "utf-8"}, doc, nil)
				body := encoded(t, coding, doc)
				n := []int{1, 7, 4096}[i%3]
				out, h := rewrite(t, Options{Charset: "utf-8", ContentEncoding: token(coding)}, body, pieces(n))
				if !equalHeads(h, head) {
					t.Fatalf("%q in pieces of %d: %+v, as identity %+v", doc, n, h, head)
				}
				text, err := decoded(coding, []byte(out), 1<<20)
				if err != nil || string(text) != want || head.Skip != "" && out != string(body) {
					t.Fatalf("%q in pieces of %d: %q, %v; want %q", doc, n, text, err, want)
				}
			}
		})
	}
}
