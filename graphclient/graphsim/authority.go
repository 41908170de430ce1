package graphsim

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// serveAuthority serves /{tenant}/…: the metadata and the token endpoint of a
// sign-in authority. Any tenant name is taken for the recorded tenant. Source:
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
func (s *Server) serveAuthority(w http.ResponseWriter, r *http.Request) {
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	var want string
	var serve func(http.ResponseWriter, *http.Request, string)
	switch rest {
	case "v2.0/.well-known/openid-configuration":
		want, serve = http.MethodGet, s.openIDConfiguration
	case "discovery/v2.0/keys":
		want, serve = http.MethodGet, s.keys
	case "oauth2/v2.0/token":
		want, serve = http.MethodPost, s.grant
	}
	switch {
	case serve == nil || tenant == "":
		writeJSON(w, http.StatusNotFound, `{"error":"not_found","error_description":"Graph is served below /v1.0 and /beta, the authority below /{tenant}."}`)
	case r.Method != want:
		w.Header().Set("Allow", want)
		writeJSON(w, http.StatusMethodNotAllowed, `{"error":"invalid_request","error_description":"AADSTS900561: The endpoint only accepts `+want+` requests."}`)
	default:
		serve(w, r, tenant)
	}
}

func writeJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a client that went away needs no answer
}

func (s *Server) openIDConfiguration(w http.ResponseWriter, r *http.Request, tenant string) {
	base := origin(r) + "/" + tenant
	writeJSON(w, http.StatusOK, fmt.Sprintf(`{"token_endpoint":%s,"token_endpoint_auth_methods_supported":["client_secret_post","private_key_jwt"],`+
		`"jwks_uri":%s,"response_modes_supported":["query"],"subject_types_supported":["pairwise"],"id_token_signing_alg_values_supported":["RS256"],`+
		`"response_types_supported":["code"],"scopes_supported":["openid"],"issuer":%s,"authorization_endpoint":%s,"device_authorization_endpoint":%s}`,
		quote(base+"/oauth2/v2.0/token"), quote(base+"/discovery/v2.0/keys"), quote(base+"/v2.0"),
		quote(base+"/oauth2/v2.0/authorize"), quote(base+"/oauth2/v2.0/devicecode")))
}

func (s *Server) keys(w http.ResponseWriter, _ *http.Request, _ string) {
	writeJSON(w, http.StatusOK, `{"keys":[]}`)
}

// grant answers the client credentials grant with the server's token.
func (s *Server) grant(w http.ResponseWriter, r *http.Request, _ string) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		s.refuseGrant(w, http.StatusBadRequest, "invalid_request", 900144, "The request body is not a form: "+err.Error()+".")
		return
	}
	form := r.PostForm
	client := form.Get("client_id")
	switch {
	case form.Get("grant_type") == "":
		s.refuseGrant(w, http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.")
	case form.Get("grant_type") != "client_credentials":
		s.refuseGrant(w, http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '"+form.Get("grant_type")+"'.")
	case client == "":
		s.refuseGrant(w, http.StatusBadRequest, "invalid_request", 900144, "The request body must contain the following parameter: 'client_id'.")
	case !strings.HasSuffix(form.Get("scope"), "/.default") && !strings.Contains(form.Get("scope"), "/.default "):
		s.refuseGrant(w, http.StatusBadRequest, "invalid_scope", 1002012, "The provided value for scope "+form.Get("scope")+" is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).")
	case form.Has("client_assertion"):
		if problem := checkAssertion(form.Get("client_assertion_type"), form.Get("client_assertion"), client); problem != "" {
			s.refuseGrant(w, http.StatusUnauthorized, "invalid_client", 50027, "JWT token is invalid or malformed: "+problem+".")
			return
		}
		s.writeToken(w)
	case form.Get("client_secret") == "":
		s.refuseGrant(w, http.StatusUnauthorized, "invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
	case s.options.ClientSecret != "" && subtle.ConstantTimeCompare([]byte(form.Get("client_secret")), []byte(s.options.ClientSecret)) != 1:
		s.refuseGrant(w, http.StatusUnauthorized, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '"+client+"'.")
	default:
		s.writeToken(w)
	}
}

// tokenLife is how long clients are told that a token lasts, in seconds.
const tokenLife = 3599

func (s *Server) writeToken(w http.ResponseWriter) {
	writeJSON(w, http.StatusOK, fmt.Sprintf(`{"token_type":"Bearer","expires_in":%d,"ext_expires_in":%d,"access_token":%s}`, tokenLife, tokenLife, quote(s.token)))
}

// checkAssertion looks at the shape of a signed assertion (RFC 7523), not at its
// signature: the simulator knows no client's certificate.
func checkAssertion(kind, assertion, client string) (problem string) {
	if kind != assertionType {
		return "client_assertion_type is not " + assertionType
	}
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || parts[2] == "" {
		return "it does not have three parts"
	}
	var decoded [2]jsontext.Value
	for i := range decoded {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || eachMember(text, func(_, _ jsontext.Value) bool { return true }) != nil {
			return "a part is not a JSON object"
		}
		decoded[i] = text
	}
	if alg := textMember(decoded[0], "alg"); alg == "" || alg == "none" {
		return "it is not signed"
	}
	if textMember(decoded[1], "iss") != client || textMember(decoded[1], "sub") != client {
		return "issuer and subject are not the client"
	}
	return ""
}

func (s *Server) refuseGrant(w http.ResponseWriter, status int, code string, number int, message string) {
	id := fmt.Sprintf("%08x-0000-4000-8000-%012x", s.tokenKey[:4], s.calls.Add(1))
	when := s.store.snap.TakenAt().UTC()
	writeJSON(w, status, fmt.Sprintf(`{"error":%s,"error_description":%s,"error_codes":[%d],"timestamp":%s,"trace_id":%s,"correlation_id":%s,"error_uri":%s}`,
		quote(code),
		quote(fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", number, message, id, id, when.Format(time.DateTime+"Z"))),
		number, quote(when.Format(time.DateTime+"Z")), quote(id), quote(id),
		quote(fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", number))))
}
