package csp_test

// syntheticPolicies are responses that the real ones lack: for the golden
// file, the browser and the fuzzer.
func syntheticPolicies() []response {
	one := func(name, line string) response { return response{name: name, enforced: []string{line}} }
	meta := func(name, content string) response { return response{name: name, metas: []string{content}} }
	return []response{
		// Names and lists.
		one("empty line", ""),
		one("default-src without value", "default-src"),
		one("upper case", "DEFAULT-SRC 'SELF'"),
		one("none in upper case", "script-src 'NONE'"),
		one("none without quotes is a host", "script-src none"),
		one("none beside others is ignored", "script-src 'none' https://a.example"),
		one("tabs", "script-src\t'self'\thttps://a.example\t;\timg-src\t'none'\t"),
		one("empty directives", ";; default-src 'self' ;; unknown-thing 'none' x;;"),
		one("trailing semicolon", "default-src 'self'; report-uri /csp;"),
		one("trailing semicolon and space", "default-src 'self';  "),
		one("trailing space", "default-src 'self'  "),
		one("none with space around", "connect-src   'none'  ; script-src   'self'"),
		one("keywords stay with scripts", "default-src 'self' 'unsafe-inline' 'unsafe-eval' 'report-sample' data:"),
		// Fallback.
		one("script-src-elem", "default-src 'none'; script-src-elem 'self'"),
		one("child-src none", "child-src 'none'; default-src *"),
		one("style-src-elem none", "style-src 'self'; style-src-elem 'none'"),
		one("everything none", "default-src 'none'; script-src 'none'; style-src 'none'; img-src 'none'; font-src 'none'; "+
			"connect-src 'none'; media-src 'none'; object-src 'none'; frame-src 'none'; worker-src 'none'; manifest-src 'none'; base-uri 'none'"),
		one("default-src none", "default-src 'none'"),
		one("default-src star", "default-src *"),
		one("default-src https", "default-src https:"),
		one("default-src with paths", "default-src https://a.example/dir/ https://b.example/file.js 'self'"),
		one("script-src alone", "script-src 'self'"),
		one("object-src and manifest-src fall back", "default-src https://cdn.example; script-src 'self'"),
		// Duplicates.
		one("duplicate script-src", "script-src 'self'; script-src *"),
		one("duplicate script-src, first is none", "script-src 'none'; script-src https:"),
		one("duplicate in upper case", "script-src 'self'; SCRIPT-SRC 'none'; default-src 'self'"),
		// Inline.
		one("inline allowed", "script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'"),
		one("inline void beside nonce", "script-src 'nonce-YQ==' 'unsafe-inline'"),
		one("hash of the site's own", "script-src 'self' "+siteHash),
		one("malformed nonce", "script-src 'self' 'unsafe-inline' 'nonce-{{nonce}}'"),
		// Strict.
		one("strict, nonce", "script-src 'nonce-cjRuZDBt' 'strict-dynamic'; object-src 'none'; base-uri 'none'"),
		one("strict, hash only", "script-src "+siteHash+" 'strict-dynamic'"),
		one("strict, neither", "script-src 'strict-dynamic' 'unsafe-inline' https:"),
		one("strict by default-src, nonce", "default-src 'self' 'nonce-cjRuZDBt' 'strict-dynamic'"),
		one("strict by default-src, hash", "default-src 'self' "+siteHash+" 'strict-dynamic'"),
		one("strict with fallbacks", "script-src 'strict-dynamic' 'nonce-cjRuZDBt' 'unsafe-inline' https:; style-src 'self'"),
		one("strict in capitals", "script-src 'STRICT-DYNAMIC' 'NONCE-cjRuZDBt'"),
		one("strict, loader's hash there", "script-src 'strict-dynamic' '"+loaderHash+"'"),
		one("strict script-src-elem", "script-src 'self'; script-src-elem 'strict-dynamic' 'nonce-cjRuZDBt'; worker-src 'self'"),
		// Several.
		one("joined, two nonces", "script-src 'nonce-YWFh' 'strict-dynamic', script-src 'nonce-YmJi' 'strict-dynamic', script-src 'nonce-YmJi' 'strict-dynamic'"),
		one("joined, strict and not", "script-src 'nonce-YWFh' 'strict-dynamic', script-src https://a.example 'nonce-YWFh'"),
		one("joined, empty parts", ", default-src 'self' ,, img-src *,"),
		{
			name: "two lines, one untouched", enforced: []string{"frame-ancestors 'none'", "default-src 'self'"},
		},
		{
			name: "enforced and report-only", enforced: []string{"script-src 'self' 'unsafe-inline'"},
			reportOnly: []string{"script-src 'nonce-YWFh' 'strict-dynamic'; report-uri /csp"},
		},
		{
			name: "report-only without the nonce", enforced: []string{"script-src 'nonce-YWFh' 'strict-dynamic'"},
			reportOnly: []string{"script-src 'nonce-YmJi' 'strict-dynamic'; report-uri /csp"},
		},
		{
			name: "report-only sandbox and trusted types", enforced: []string{"default-src https:"},
			reportOnly: []string{"sandbox; require-trusted-types-for 'script'"},
		},
		// Meta.
		meta("meta", "default-src 'self'"),
		meta("meta, several policies", "default-src 'self', script-src\n'none'"),
		meta("meta, strict without nonce", "script-src 'strict-dynamic' "+siteHash),
		meta("meta, sandbox is void", "sandbox; script-src 'self'"),
		{
			name: "header and meta", enforced: []string{"script-src 'nonce-YWFh' 'strict-dynamic'"},
			metas: []string{"script-src 'self' 'nonce-YWFh'", "img-src 'self'"},
		},
		// Nothing to do.
		one("frame-ancestors", "frame-ancestors 'none'"),
		one("upgrade-insecure-requests", "upgrade-insecure-requests; block-all-mixed-content"),
		one("hosts already listed", "script-src 'self' https://*.zoom.us; connect-src 'self' https://*.zoom.us wss://*.zoom.us; "+
			"img-src https:; font-src *.zoom.us; style-src * 'unsafe-inline'; frame-src https://*.US:443; media-src https://*:*"),
		one("sandbox that lets scripts run", "sandbox allow-scripts ALLOW-SAME-ORIGIN allow-forms; script-src 'self'"),
		one("trusted-types alone", "trusted-types a b; script-src 'self'"),
		// Nearly listed.
		one("look-alikes", "script-src 'self' https://us01-zcb.zoom.us.evil.example http://us01-zcb.zoom.us us01-zcb.zoom.us:8443 "+
			"https://us01-zcb.zoom.us/static/; connect-src https: wss://zoom.us; img-src https://zoom.us https://*.zoom.us:8443"),
		one("sockets need their scheme", "connect-src 'self' https: *.zoom.us https://*.zoom.us"),
		one("our origin by name", "script-src https://shop.example; connect-src shop.example wss:"),
		one("our origin by path", "script-src https://shop.example/_cobrowse/ "+site+loaderPath),
	}
}

// skippedPolicies are responses that must not be injected.
func skippedPolicies() map[string][]response {
	const hash = "HOELUGOM4RYPlgKWcYqDC8cdAZYHD/jPWRU8vy/xQHw="
	return map[string][]response{
		"csp-sandbox": {
			{name: "sandbox", enforced: []string{"sandbox"}},
			{name: "sandbox, no same origin", enforced: []string{"script-src 'self'; SANDBOX allow-scripts"}},
			{name: "sandbox, no scripts", enforced: []string{"default-src *, sandbox allow-same-origin"}},
			{name: "sandbox, first counts", enforced: []string{"sandbox allow-scripts; sandbox allow-scripts allow-same-origin"}},
		},
		"csp-trusted-types": {
			{name: "trusted types", enforced: []string{"require-trusted-types-for 'script'"}},
			{name: "trusted types, second line", enforced: []string{"img-src *", "default-src 'self'; Require-Trusted-Types-For 'SCRIPT'"}},
			{name: "trusted types in meta", metas: []string{"require-trusted-types-for 'script'; trusted-types x"}},
		},
		"csp-characters": {
			{name: "accent", enforced: []string{"script-src 'self' https://caf\u00e9.example"}},
			{name: "invalid UTF-8", enforced: []string{"img-src \xff"}},
			{name: "control character", enforced: []string{"img-src \x01"}},
			{name: "unknown directive", enforced: []string{"default-src 'self'; x \u2026"}},
			{name: "accent in meta", metas: []string{"script-src \u201cself\u201d"}},
		},
		"csp-hash-source": {
			{name: "url hash", enforced: []string{"script-src 'self' 'url-sha256-" + hash + "'"}},
			{name: "eval hash", enforced: []string{"script-src 'self' 'EVAL-sha256-" + hash + "'"}},
			{name: "url hash by default-src", enforced: []string{"default-src 'url-sha384-" + hash + "'"}},
			{name: "url hash in meta", metas: []string{"script-src-elem 'url-sha256-" + hash + "'"}},
		},
	}
}
