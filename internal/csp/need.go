package csp

import (
	"slices"
	"strings"
)

// need is what one kind of fetch must be allowed.
type need struct {
	kind    kind
	sources []source
}

// needs builds the table of what pages need besides scripts. In which of them
// Zoom's SDK really needs its hosts is known for connections only; the others
// are little risk on a page where Zoom's script runs.
func needs(cfg *Config) []need {
	table := zoomNeeds(cfg)
	// The loader makes its one policy wherever browsers know Trusted Types.
	// A list of names that lacks it would report that, or throw.
	table = append(table, need{trustedTypes, []source{{text: TrustedTypesPolicy, star: true, exact: true}}})
	for _, s := range Switches() {
		if slices.Contains(cfg.Allow, s) {
			table = append(table, switched[s]...)
		}
	}
	return table
}

// zoomNeeds is what Zoom's SDK fetches, and we do. The stand-in for Zoom
// connects and fetches nothing else.
func zoomNeeds(cfg *Config) []need {
	endpoints := ours(cfg.Base + "/")
	if cfg.SDKPath != "" {
		return []need{{connectSrc, []source{endpoints, ourSocket(cfg.Base + "/")}}}
	}
	zoom := zoomHosts(cfg.SDKHost)
	https := remote("https", zoom)
	return []need{
		{connectSrc, []source{endpoints, https, remote("wss", zoom)}},
		{imgSrc, []source{https}},
		{fontSrc, []source{https}},
		{styleSrcElem, []source{https}},
		{frameSrc, []source{https}},
		{mediaSrc, []source{https}},
	}
}

// switched is what each switch adds.
var switched = map[Switch][]need{
	UnsafeInlineStyle: {
		{styleSrcElem, []source{keyword(unsafeInline)}},
		{styleSrcAttr, []source{keyword(unsafeInline)}},
	},
	DataImg:    {{imgSrc, []source{keyword("data:")}}},
	BlobImg:    {{imgSrc, []source{keyword("blob:")}}},
	DataFont:   {{fontSrc, []source{keyword("data:")}}},
	BlobWorker: {{workerSrc, []source{keyword("blob:")}}},
	UnsafeEval: {{scriptSrc, []source{keyword("'unsafe-eval'")}}},
}

const unsafeInline = "'unsafe-inline'"

// zoomHosts is the host pattern that the SDK talks to: Zoom spreads its service
// over hosts below zoom.us, a stand-in has but one.
func zoomHosts(sdkHost string) string {
	host, _, hasPort := strings.Cut(sdkHost, ":")
	const zoom = ".zoom.us"
	if n := len(host) - len(zoom); !hasPort && n > 0 && strings.EqualFold(host[n:], zoom) {
		return "*" + zoom
	}
	return sdkHost
}
