package graphsim

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
)

// expandableConfiguration names what $expand may ask of a method configuration.
// The recorded object is served either way: profiles that were not recorded are
// unknown, and an empty list would say that there are none.
var expandableConfiguration = []string{"passkeyProfiles", "includeTargets"}

func (c *call) configurations() ([]jsontext.Value, error) {
	for _, name := range c.query.expand {
		if !slices.Contains(expandableConfiguration, name) {
			return nil, badRequest("'%s' cannot be named in $expand of this resource.", name)
		}
	}
	policy, err := c.singletonRow(snapshot.AuthenticationMethodsPolicy)
	if err != nil {
		return nil, err
	}
	return elements(policy, "authenticationMethodConfigurations")
}

func (c *call) methodConfigurations() (*answer, error) {
	all, err := c.configurations()
	if err != nil {
		return nil, err
	}
	return c.list(sliceRows(all, newSelection(c.query)), wholeAnswer)
}

// methodConfiguration finds one configuration. Graph takes its id in any letter
// case: the policy says Fido2, tools say fido2.
func (c *call) methodConfiguration() (*answer, error) {
	all, err := c.configurations()
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		if strings.EqualFold(textMember(v, "id"), c.params[0]) {
			return c.object(v)
		}
	}
	return nil, notFound(c.params[0])
}

// federation lists what the collector spliced into the domain's row.
func (c *call) federation() (*answer, error) {
	domain, err := c.find(snapshot.Domains, "id", c.params[0])
	if err != nil {
		return nil, err
	}
	all, err := elements(domain, "federationConfiguration")
	if err != nil {
		return nil, err
	}
	return c.list(sliceRows(all, nil), wholeAnswer)
}
