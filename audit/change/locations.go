package change

import (
	"fmt"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// locationMembers are those of ipNamedLocation and countryNamedLocation. Source: CSDL
// (Graph v1.0 metadata, 2026-08).
var locationMembers = []string{
	"@odata.type", "id", "displayName", "isTrusted", "ipRanges", "countriesAndRegions", "includeUnknownCountriesAndRegions",
	"countryLookupMethod", "createdDateTime", "modifiedDateTime", "deletedDateTime",
}

func (e *editor) locations(r Request, _ []string) (string, error) {
	if r.Method != "POST" {
		return "", unsupported(r)
	}
	return e.wholeLocation(r)
}

func (e *editor) wholeLocation(r Request) (string, error) {
	o := parseObject(r.Body)
	verb := "replace "
	old, err := e.row(snapshot.NamedLocations, o.text("id"))
	if err != nil {
		return "", err
	}
	if old == nil || o.text("id") == "" {
		verb = "add "
	}
	if o.text("id") == "" {
		o.set("id", entra.MustEncode(e.newID(r.Body)))
	}
	if o.text("@odata.type") == "" && r.Method == "" {
		o.set("@odata.type", entra.MustEncode(locationType(o)))
	}
	if err := allowedBeside(r.Body, old, locationMembers...); err != nil {
		return "", err
	}
	return verb + label("the named location", o.text("displayName"), o.text("id")), e.putLocation(o.text("id"), o.raw())
}

// locationType tells the type of a location that does not say it.
func locationType(o *object) string {
	if o.at("ipRanges") >= 0 {
		return "#microsoft.graph.ipNamedLocation"
	}
	return "#microsoft.graph.countryNamedLocation"
}

func (e *editor) location(r Request, ids []string) (string, error) {
	old, err := e.row(snapshot.NamedLocations, ids[0])
	if err != nil {
		return "", err
	}
	if old == nil {
		return "", fmt.Errorf("the snapshot has no named location %s", ids[0])
	}
	name := label("the named location", entra.Text(old, "/displayName"), ids[0])
	if err := allowedBeside(r.Body, old, locationMembers...); err != nil {
		return "", err
	}
	switch r.Method {
	case "PATCH":
		var m merger
		return "change " + name + ": " + strings.Join(parseObject(r.Body).names, ", "), e.putLocation(ids[0], m.patch(old, r.Body, ""))
	case "PUT":
		o := parseObject(r.Body)
		o.set("id", entra.MustEncode(entra.Text(old, "/id")))
		return "replace " + name, e.putLocation(ids[0], o.raw())
	case "DELETE":
		return "delete " + name, e.deleteUnnamed(snapshot.NamedLocations, ids[0])
	}
	return "", unsupported(r)
}

func (e *editor) putLocation(id string, raw entra.Raw) error {
	l, err := checked[entra.NamedLocation](raw)
	if err != nil {
		return err
	}
	if !strings.EqualFold(l.ID, id) {
		return fmt.Errorf("its id cannot become %q", l.ID)
	}
	if l.ODataType == "" {
		return fmt.Errorf("a named location needs an @odata.type")
	}
	return e.put(snapshot.NamedLocations, id, raw)
}

// deleteUnnamed deletes what no policy names; Graph refuses to delete what one does.
func (e *editor) deleteUnnamed(section snapshot.SectionID, id string) error {
	by, err := e.policyNaming(id)
	if err != nil {
		return err
	}
	if by != "" {
		return fmt.Errorf("it cannot be deleted while %s names it", by)
	}
	return e.put(section, id)
}

// policyNaming is a policy in which an id occurs, empty where there is none.
func (e *editor) policyNaming(id string) (string, error) {
	rows, err := e.all(snapshot.ConditionalAccessPolicies)
	if err != nil {
		return "", err
	}
	for _, raw := range rows {
		if strings.Contains(strings.ToLower(string(raw)), `"`+strings.ToLower(id)+`"`) {
			return label("the policy", entra.Text(raw, "/displayName"), entra.Text(raw, "/id")), nil
		}
	}
	return "", nil
}
