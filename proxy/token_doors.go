package proxy

import "net/http"

// admitTokenRequest lets a request for a token pass the doors that Zoom's samples'
// routes share, before its body is read: method, origin, rate. The origin comes
// before the rate, so that a foreign page cannot use up its visitors' share. The
// client is known where its rate was looked at.
func admitTokenRequest(w http.ResponseWriter, r *http.Request, origins originPolicy, limiter *clientLimiter, clientIP func(*http.Request) string) (client string, refused *refusal) {
	if r.Method != http.MethodPost {
		return "", refuseMethod()
	}
	readable, fault := origins.check(r.Header)
	if fault != "" {
		return "", refuseOrigin(fault)
	}
	if readable != "" {
		w.Header().Set("Access-Control-Allow-Origin", readable)
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
	}
	client = clientIP(r)
	if wait := limiter.wait(client); wait > 0 {
		return client, refuseRate(wait)
	}
	return client, nil
}

// answerPreflight lets a configured origin go on, without credentials: a page on
// another origin asks for itself, not for a cookie's owner.
func answerPreflight(w http.ResponseWriter, r *http.Request, origins originPolicy) {
	origin := origins.preflight(r.Header)
	if origin == "" {
		refuseOrigin(originUnlisted).write(w)
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}
