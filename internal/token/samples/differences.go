package samples

import "net/http"

// Behaviour is something that a sample does.
type Behaviour struct {
	// Topic names it; Sample says what the sample does.
	Topic, Sample string
	// Ours says what we do, and Why the reason; both are empty where it is the
	// same.
	Ours, Why string
	// Cases are the recorded cases in which the difference shows.
	Cases []CaseDifference
}

// CaseDifference is our answer to a case, where it is not the sample's.
type CaseDifference struct {
	// Suite and ID name the case.
	Suite, ID string
	// Status is ours.
	Status int
	// Errors are ours; nil means that bodies are not compared.
	Errors []FieldError
}

// Names of the suites.
const (
	CobrowseMain = "cobrowse-main"
	CobrowseBYOP = "cobrowse-byop"
	Video        = "video-f8a4164"
)

// both returns a difference that shows in both Cobrowse suites, which have the
// same cases.
func both(id string, status int, errs ...FieldError) []CaseDifference {
	return []CaseDifference{
		{Suite: CobrowseMain, ID: id, Status: status, Errors: errs},
		{Suite: CobrowseBYOP, ID: id, Status: status, Errors: errs},
	}
}

func video(id string, status int, errs ...FieldError) CaseDifference {
	return CaseDifference{Suite: Video, ID: id, Status: status, Errors: errs}
}

// concat joins lists of cases.
func concat(lists ...[]CaseDifference) []CaseDifference {
	var all []CaseDifference
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// empty is the error for a property whose value is "". The sample has the text,
// for a list without members.
func empty(property string) FieldError {
	return FieldError{property, "Property defined, but not value(s) were present"}
}

// Differences returns where our token endpoints differ from the samples.
func Differences() []Behaviour {
	return []Behaviour{
		{
			Topic:  "Who may have which role",
			Sample: "Anybody who can reach the port, on any page: agent (Cobrowse role 2) and host (Video role 1) too",
			Ours:   "Customer and attendee for pages of the site (`token-server`: and for programs, which send no Origin); agent and host for an identified agent; others 403",
			Why:    "An agent token joins any session whose PIN it learns",
		},
		{
			Topic:  "CORS",
			Sample: "`Access-Control-Allow-Origin: *` on every parsed request, and on preflight for any path",
			Ours:   "The configured origins only; a preflight is answered on the routes that exist, without credentials",
			Why:    "Another site's page must not spend this site's sessions",
			Cases:  []CaseDifference{video("v155-preflight-path", http.StatusNotFound)},
		},
		{
			Topic:  "Empty userId, userName, sessionName, userIdentity, sessionKey",
			Sample: "Signs the empty string",
			Ours:   "400, `Property defined, but not value(s) were present`",
			Why:    "Zoom requires the claims, and everybody who sends nothing would share one identity or one session",
			Cases: concat(both("c055-userId-empty-nameless", http.StatusBadRequest, empty("userId")), []CaseDifference{
				video("v031-session-empty", http.StatusBadRequest, empty("sessionName")),
				video("v067-user-empty", http.StatusBadRequest, empty("userIdentity")),
				video("v073-key-empty", http.StatusBadRequest, empty("sessionKey")),
			}),
		},
		{
			Topic:  "Fractional expirationSeconds, such as 1800.5",
			Sample: "Signs a fractional `exp`",
			Ours:   "400, `Value 1800.5 not allowed, must be a whole number`; the string `\"1800.5\"` is 1800, as in the sample",
			Why:    "Zoom documents whole seconds",
			Cases: []CaseDifference{video("v061-exp-float", http.StatusBadRequest,
				FieldError{"expirationSeconds", "Value 1800.5 not allowed, must be a whole number"})},
		},
		{
			Topic:  "Control and bidirectional characters in userId and userName (Cobrowse)",
			Sample: "Signs them",
			Ours:   "400",
			Why:    "The other party reads the name, and they let it pass for another",
		},
		{
			Topic:  "A longer life than the operator allows",
			Sample: "There is no such limit: up to 48 hours for whoever asks",
			Ours:   "Cut to the operator's maximum (2 hours unless configured; `token-server`: 48), where it is one that Zoom accepts",
			Why:    "A leaked token is worth its life",
		},
		{
			Topic:  "Missing userId (Cobrowse)",
			Sample: "About 57 bits of `Math.random`, in base 36",
			Ours:   "128 bits of the system's randomness, in hexadecimal",
			Why:    "IDs must not be guessed or collide",
		},
		{
			Topic:  "Name of a customer whom the site knows (Cobrowse)",
			Sample: "Whatever the browser sends",
			Ours:   "The site's, where the operator configured one",
			Why:    "Agents rely on the name they read",
		},
		{
			Topic:  "Other methods",
			Sample: "404 with an HTML page",
			Ours:   "405 with `Allow: POST`, JSON",
			Why:    "The path exists (RFC 9110, section 15.5.6); other paths stay 404",
			Cases: concat(
				both("c087-method-HEAD", http.StatusMethodNotAllowed),
				both("c088-method-PUT", http.StatusMethodNotAllowed),
				both("c090-method-DELETE", http.StatusMethodNotAllowed),
				[]CaseDifference{
					video("v156-method-GET", http.StatusMethodNotAllowed),
					video("v158-method-PUT", http.StatusMethodNotAllowed),
					video("v160-method-DELETE", http.StatusMethodNotAllowed),
				}),
		},
		{
			Topic:  "Malformed JSON, foreign charset or coding, too large a body",
			Sample: "400, 415, 413 with an HTML page, and a stack trace unless NODE_ENV is production",
			Ours:   "The same statuses with the error list in JSON, property `body`",
			Why:    "Programs read JSON, and a stack trace helps attackers only",
		},
		{
			Topic:  "Body size",
			Sample: "Up to 100 KiB, as sent and as inflated",
			Ours:   "Up to 8 KiB, both ways; 413 above",
			Why:    "A tracking ID aside, valid requests have less than 3 KiB",
		},
		{
			Topic:  "Lone surrogates and invalid UTF-8",
			Sample: "Survive in the claims",
			Ours:   "Become U+FFFD",
			Why:    "They are no Unicode text, and other JWT libraries refuse them",
		},
		{
			Topic:  "A secret of hexadecimal digits, of even length",
			Sample: "Its JWT library takes it for bytes in hexadecimal",
			Ours:   "Text, as every secret: HMAC is keyed with its UTF-8 bytes",
			Why:    "Zoom's service knows secrets as text; real ones hold other letters, so that both agree on them",
		},
		{
			Topic:  "An empty or missing key or secret",
			Sample: "An empty secret signs; a missing one answers 500 to every request; a missing key leaves the claim app_key out",
			Ours:   "The start is refused, with the name of what is missing; so is a secret that equals the key, or ends in white space",
			Why:    "Anybody can sign with an empty secret",
		},
		{
			Topic:  "How often",
			Sample: "Without limit",
			Ours:   "30 requests a minute for each client unless configured; 429 with Retry-After above",
			Why:    "Sessions cost money",
		},
		{
			Topic:  "Header fields of answers",
			Sample: "`X-Powered-By`, `ETag`; nothing about caches",
			Ours:   "`Cache-Control: no-store`, `X-Content-Type-Options: nosniff`",
			Why:    "Nobody may keep a token but the page that asked",
		},
		{
			Topic:  "Members of a success",
			Sample: "`token` (Cobrowse), `signature` (Video)",
			Ours:   "The same, and the Cobrowse token as `sdkToken` too",
			Why:    "Pages written for other sample servers read that name",
		},
		{
			Topic:  "userKey, cloudRecordingTranscriptOption (Video)",
			Sample: "Ignored, as every unknown member",
			Ours:   "Validated after all others (at most 36 characters; 0, 1 or 2) and signed as `user_key` and `cloud_recording_transcript_option`",
			Why:    "Zoom documents both claims since; user_key is its new name for user_identity",
		},
		{
			Topic:  "telemetryTrackingId (Video)",
			Sample: "Signed as it comes, whatever it is",
			Ours:   "The same value, though not its spelling: members of an object are sorted, duplicates dropped",
			Why:    "What is signed is written by us",
		},
	}
}

// Same returns what a client of the samples can rely on.
func Same() []Behaviour {
	return []Behaviour{
		{Topic: "Credentials (Cobrowse)", Sample: "`ZOOM_SDK_KEY` and `ZOOM_SDK_SECRET` in the environment or in .env; where neither is set, `ZOOM_COBROWSE_SDK_KEY` and `ZOOM_COBROWSE_SDK_SECRET`, as in newer samples"},
		{Topic: "Request", Sample: "`POST` with `application/json`; a missing body, another Content-Type and `[]` count as an object without members; a query string is ignored"},
		{Topic: "Coding", Sample: "UTF-8 with or without byte order mark; Content-Encoding gzip and deflate"},
		{Topic: "Errors", Sample: "400 `{\"errors\":[{\"property\",\"reason\"}]}`: one error for each faulty property, in the validator's order, in the sample's words"},
		{Topic: "Order (Cobrowse)", Sample: "role, userId, userName, expirationSeconds"},
		{Topic: "Order (Video)", Sample: "role, sessionName, expirationSeconds, userIdentity, sessionKey, geoRegions, cloudRecordingOption, cloudRecordingElection, videoWebRtcMode, audioCompatibleMode, audioWebRtcMode"},
		{Topic: "Numbers", Sample: "May be strings, read as `parseInt` reads them: `\"1\"`, `\" 1\"`, `\"1abc\"`, `\"1.9\"`, `\"0x1\"`, `\"+1\"`"},
		{Topic: "Values in messages", Sample: "As JavaScript's `String()`: `null`, `NaN`, `Infinity`, `[object Object]`, `a,b`"},
		{Topic: "null", Sample: "A value of the wrong type, not a missing one"},
		{Topic: "Lengths", Sample: "In UTF-16 code units; limits are inclusive: userId, userName and userIdentity 35, sessionKey 36, sessionName 200"},
		{Topic: "geoRegions", Sample: "A string with commas or an array; all white space is removed, empty members are dropped, duplicates stay; AU, BR, CA, CN, DE, HK, IN, JP, MX, NL, SG, US"},
		{Topic: "audioCompatibleMode", Sample: "Feeds audio_webrtc_mode unless audioWebRtcMode is there; both are validated"},
		{Topic: "Members", Sample: "Names are case-sensitive, of duplicates the last one counts, unknown ones are ignored, those named like claims too"},
		{Topic: "Tokens", Sample: "HS256; `iat` is now, without skew; `exp` is `iat` and 1800 to 172800 seconds; absent members have no claim; branch byop adds `enable_byop: 1`, which a client cannot"},
	}
}

// ZoomApps returns how the desk inside the Zoom client differs from Zoom's
// sample of a Zoom App, zoom/zoomapps-sample-js.
func ZoomApps() []Behaviour {
	return []Behaviour{
		{Topic: "Tag of the context header", Sample: "Cut to 4 bytes it is accepted, and so can be forged", Ours: "16 bytes, and every length exact", Why: "NIST SP 800-38D: a short tag is guessed"},
		{Topic: "Base64", Sample: "Junk inside is skipped", Ours: "Both alphabets with or without padding, nothing else", Why: "One text, one meaning"},
		{Topic: "iss, aud", Sample: "Not looked at", Ours: "marketplace.zoom.us, and our client ID", Why: "Another app's context is not ours"},
		{Topic: "exp, ts", Sample: "A missing exp is accepted, as is one years ahead", Ours: "exp in milliseconds, present, not passed, at most 10 minutes ahead; ts at most a minute ahead", Why: "Genuine contexts live two minutes"},
		{Topic: "uid", Sample: "Guests without one are let in", Ours: "Required, and on the operator's list of agents", Why: "A context proves which Zoom user opened the app, not that it is your agent"},
		{Topic: "A bad header", Sample: "null and the empty header get the page for browsers; a wrong one 500 with the error's text", Ours: "403 without detail, never another way in; the reason is logged", Why: "Whoever sends it learns nothing"},
		{Topic: "Install: state and PKCE verifier", Sample: "In a readable, signed cookie, so that an old cookie works again", Ours: "On the server, for one use; the cookie binds them to the browser that began", Why: "A callback must not be replayed"},
		{Topic: "PKCE verifier", Sample: "32 characters, some of which RFC 7636 forbids", Ours: "43 characters of base64url", Why: "RFC 7636, section 4.1"},
		{Topic: "Requests to Zoom", Sample: "Form with Basic authentication to /oauth/token, JSON with Bearer to /v2/zoomapp/deeplink"},
		{Topic: "Zoom's tokens", Sample: "Used once, to open the app, and forgotten", Ours: "The same, unless `install { tokens { … } }` keeps them: sealed with a key of the operator's, in Caddy's storage, until Zoom refuses them or tells that the user has removed the app", Why: "A login at a third party ends with a deep link, which takes a token"},
		{Topic: "Login at a third party", Sample: "None: who Zoom's user is, is all that counts", Ours: "`login oidc { … }`: state, nonce and PKCE verifier on the server; the deep link's action is a ticket that is good once, in the session that began", Why: "Who is sent a login of somebody else's must not finish it for them"},
		{Topic: "In Zoom's web client", Sample: "A page in a frame: `frame-ancestors` with Zoom's hosts, Cross-Origin-Embedder-Policy `require-corp`, Cross-Origin-Resource-Policy `cross-origin`, a Partitioned cookie", Ours: "The same with `pwa`, in a frame only; and Zoom's desk in a credentialless frame", Why: "`require-corp` blocks frames that do not send it themselves, and whether Zoom's desk does is not known; Chromium exempts credentialless ones"},
		{Topic: "Content-Security-Policy of pages", Sample: "`default-src self`, unquoted: a host named self", Ours: "`'self'`", Why: "CSP Level 3, section 2.3.1"},
	}
}

// find returns the difference of a case, nil where there is none.
func find(suite, id string) *CaseDifference {
	for _, b := range Differences() {
		for _, c := range b.Cases {
			if c.Suite == suite && c.ID == id {
				return &c
			}
		}
	}
	return nil
}
