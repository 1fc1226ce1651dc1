package proxy

import "net/http"

// serveSignIn answers the routes of an identity source that has pages of its
// own, and reports whether the path is one of them.
func (rt *routes) serveSignIn(w http.ResponseWriter, r *http.Request, name string) bool {
	if rt.signIn == nil {
		return false
	}
	switch name {
	case "login":
		if rt.mayAsk(w, r) {
			rt.signIn.Login(w, r)
		}
	case "callback":
		if rt.mayAsk(w, r) {
			rt.signIn.Callback(w, r)
		}
	case "logout":
		// A form of the desk's: another site must not sign an agent out.
		if f := checkForm(rt.help.origins, r); f != nil {
			f.write(w)
			return true
		}
		rt.signIn.Logout(w, r)
	default:
		return false
	}
	return true
}

// mayAsk bounds how often an address signs in, since each time costs a request
// to the provider.
func (rt *routes) mayAsk(w http.ResponseWriter, r *http.Request) bool {
	wait := rt.help.agentRate.wait(rt.help.clientIP(r))
	if wait > 0 {
		tooMany(wait).write(w)
	}
	return wait == 0
}

// checkForm admits a POST of a page of this site.
func checkForm(origins originPolicy, r *http.Request) *fault {
	if r.Method != http.MethodPost {
		return faultMethod
	}
	return checkSameOrigin(origins, r)
}
