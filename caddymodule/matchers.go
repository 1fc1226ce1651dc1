package caddymodule

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// loadMatchers provisions the matcher sets in one field of in, and makes one
// matcher of each set. onError is the answer of a matcher that fails, chosen by
// the caller so that a page in doubt is not touched.
func loadMatchers(ctx caddy.Context, in *Inject, field string, onError bool) ([]proxy.Matcher, error) {
	loaded, err := ctx.LoadModule(in, field)
	if err != nil {
		return nil, fmt.Errorf("inject: loading matchers: %w", err)
	}
	var sets caddyhttp.MatcherSets
	if err := sets.FromInterface(loaded); err != nil {
		return nil, fmt.Errorf("inject: %w", err)
	}
	logger := ctx.Slogger()
	matchers := make([]proxy.Matcher, len(sets))
	for i, set := range sets {
		matchers[i] = matcher(set, onError, logger)
	}
	return matchers, nil
}

// matcher makes a function of a set.
func matcher(set caddyhttp.MatcherSet, onError bool, logger *slog.Logger) proxy.Matcher {
	return func(r *http.Request) bool {
		matched, err := set.MatchWithError(r)
		if err != nil {
			logger.DebugContext(r.Context(), "matcher failed; page is not touched", "error", err)
			return onError
		}
		return matched
	}
}
