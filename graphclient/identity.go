package graphclient

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Identity is what an access token says of itself. Microsoft does not promise that
// tokens for Graph can be read, so everything in it may be missing.
type Identity struct {
	Auth Auth // the way that was settled on
	// Readable tells whether the token could be taken apart at all.
	Readable bool
	TenantID string
	AppID    string
	AppName  string
	// Application is true for an app by itself; then Roles are its permissions.
	// Otherwise somebody is signed in, and Scopes are what was delegated.
	Application bool
	Roles       []string
	Scopes      []string
	// DirectoryRoles are the template ids of the roles of whoever is signed in.
	DirectoryRoles []string
	Audience       string
	Expires        time.Time
}

// Permissions are the roles of an app, or the scopes delegated to it.
func (i Identity) Permissions() []string {
	if i.Application {
		return i.Roles
	}
	return i.Scopes
}

// Identity signs in and reads the token. Nothing is sent to Graph. The token itself
// stays here.
func (c *Client) Identity(ctx context.Context) (Identity, error) {
	req, err := c.sign(ctx, call{request: Organization()}, "/", newID())
	if err != nil {
		return Identity{Auth: c.auth}, err
	}
	return readToken(c.auth, strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")), nil
}

// readToken takes the claims of a JWT. The signature is Graph's business.
func readToken(auth Auth, token string) Identity {
	id := Identity{Auth: auth}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return id
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Audience string   `json:"aud"`
		Tenant   string   `json:"tid"`
		AppID    string   `json:"appid"`
		AppName  string   `json:"app_displayname"`
		Kind     string   `json:"idtyp"`
		Roles    []string `json:"roles"`
		Scopes   string   `json:"scp"`
		Wids     []string `json:"wids"`
		Expires  int64    `json:"exp"`
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return id
	}
	id.Readable = true
	id.TenantID, id.AppID, id.AppName, id.Audience = oneLine(claims.Tenant, 100), oneLine(claims.AppID, 100), oneLine(claims.AppName, 200), oneLine(claims.Audience, 300)
	id.Roles, id.Scopes, id.DirectoryRoles = claims.Roles, strings.Fields(claims.Scopes), claims.Wids
	id.Application = claims.Kind == "app" || claims.Kind == "" && claims.Scopes == ""
	if claims.Expires > 0 {
		id.Expires = time.Unix(claims.Expires, 0).UTC()
	}
	return id
}
