package graphsim

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// newToken makes an access token. It looks like the JWT of an application, so
// that clients can read the roles in it, but instead of a signature it ends in
// random text: it is good for this server only.
func newToken(tenant string, roles []string) string {
	quoted := make([]string, len(roles))
	for i, r := range roles {
		quoted[i] = quote(r)
	}
	header := `{"typ":"JWT","alg":"none"}`
	claims := `{"aud":"https://graph.microsoft.com","tid":` + quote(tenant) + `,"idtyp":"app","roles":[` + strings.Join(quoted, ",") + `]}`
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(claims)) + "." + rand.Text()
}
