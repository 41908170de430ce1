package graphclient

import (
	"slices"
	"strings"
)

// Cloud names one of the separate Microsoft clouds. Tokens of one are worthless
// in another (Graph national-deployments page). The zero value is the public
// cloud.
type Cloud string

// The clouds Graph is deployed in. GCC tenants belong to the public one.
const (
	CloudPublic   Cloud = "public"
	CloudUSGov    Cloud = "usgov"     // GCC High, US government L4
	CloudUSGovDoD Cloud = "usgov-dod" // US Department of Defense, L5
	CloudChina    Cloud = "china"     // operated by 21Vianet
)

// roots are the addresses that belong to a cloud.
type roots struct{ graph, authority string }

// rootsOf follows the Graph national-deployments page.
var rootsOf = map[Cloud]roots{
	CloudPublic:   {"https://graph.microsoft.com", "https://login.microsoftonline.com"},
	CloudUSGov:    {"https://graph.microsoft.us", "https://login.microsoftonline.us"},
	CloudUSGovDoD: {"https://dod-graph.microsoft.us", "https://login.microsoftonline.us"},
	CloudChina:    {"https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn"},
}

// Clouds lists every value that [ParseCloud] takes, in the order they are shown.
func Clouds() []string {
	return []string{string(CloudPublic), string(CloudUSGov), string(CloudUSGovDoD), string(CloudChina)}
}

// ParseCloud reads a cloud's name; empty means public. The error is a
// *[ConfigError] that lists the valid names.
func ParseCloud(s string) (Cloud, error) {
	if s == "" {
		return CloudPublic, nil
	}
	if slices.Contains(Clouds(), s) {
		return Cloud(s), nil
	}
	return "", &ConfigError{Setting: "cloud", Value: s, Problem: "no such cloud", Hint: "use one of " + strings.Join(Clouds(), ", ")}
}
