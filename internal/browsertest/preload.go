package browsertest

// Preload scripts for [Browser.NewTab]. They run in every frame before any
// script of the page, so the product needs no hook for tests.
const (
	// KeepShadowRoots keeps every shadow root, closed ones too, where
	// shadowRootOf(element) finds it. The page cannot tell the difference
	// but by the name of that function.
	KeepShadowRoots = `(() => {
		const attach = Element.prototype.attachShadow, roots = new WeakMap();
		Element.prototype.attachShadow = function (init) {
			const root = attach.call(this, init);
			roots.set(this, root);
			return root;
		};
		Object.defineProperty(window, 'shadowRootOf', {value: (el) => el && roots.get(el)});
	})()`

	// OpenShadowRoots makes every shadow root open, for checkers such as axe
	// that walk into open ones only.
	OpenShadowRoots = `(() => {
		const attach = Element.prototype.attachShadow;
		Element.prototype.attachShadow = function (init) {
			return attach.call(this, {...init, mode: 'open'});
		};
	})()`

	// watchViolations reports every securitypolicyviolation event.
	watchViolations = `addEventListener('securitypolicyviolation', (e) => ` + violationBinding + `(JSON.stringify({
		page: e.documentURI, directive: e.effectiveDirective, blocked: e.blockedURI,
		disposition: e.disposition, sample: e.sample,
	})), true)`

	violationBinding = "cobrowseTestViolation"
)
