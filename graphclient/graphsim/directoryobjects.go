package graphsim

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
)

// maxByIDs is the documented limit of directoryObjects/getByIds.
const maxByIDs = 1000

// getByIDs answers with the objects that exist, in the order of the request.
// Without types only groups are looked for: a deleted group must be found
// missing even if users were not recorded.
func (c *call) getByIDs() (*answer, error) {
	wanted, ok := lookup(c.body, "ids")
	ids := texts(wanted)
	if !ok || len(ids) == 0 || len(ids) > maxByIDs {
		return nil, badRequest("The body needs ids with 1 to %d ids.", maxByIDs)
	}
	types := []string{"group"}
	if list, ok := lookup(c.body, "types"); ok {
		types = texts(list)
	}
	type source struct {
		table     *table
		odataType string
	}
	var sources []source
	for _, name := range types {
		var section snapshot.SectionID
		switch strings.ToLower(name) {
		case "group":
			section = snapshot.Groups
		case "user":
			section = snapshot.Users
		case "device":
			section = snapshot.Devices
		case "serviceprincipal":
			section = snapshot.ServicePrincipals
		default:
			return nil, badRequest("The type '%s' is not supported.", name)
		}
		t, err := c.server.store.table(section)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source{t, "#microsoft.graph." + name})
	}
	var found []jsontext.Value
	for _, id := range ids {
		for _, src := range sources {
			row, err := src.table.first("id", id)
			if err != nil {
				return nil, err
			}
			if row != nil {
				// Objects of several types have to be told apart. Of one type they stay as
				// they were recorded, so that collecting again gives the same rows.
				if len(sources) > 1 {
					row = withType(row, src.odataType)
				}
				found = append(found, row)
				break
			}
		}
	}
	a, err := c.list(sliceRows(found, nil), wholeAnswer)
	if err == nil {
		c.charge(a, 3)
	}
	return a, err
}
