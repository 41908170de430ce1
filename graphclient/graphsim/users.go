package graphsim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
)

// user answers /users/{id or userPrincipalName}.
func (c *call) user() (*answer, error) {
	row, err := c.findUser(c.params[0])
	if err != nil {
		return nil, err
	}
	a, err := c.object(row)
	if err == nil {
		c.charge(a, 1)
	}
	return a, err
}

func (c *call) findUser(idOrName string) (jsontext.Value, error) {
	t, err := c.server.store.table(snapshot.Users)
	if err != nil {
		return nil, err
	}
	for _, member := range []string{"id", "userPrincipalName"} {
		row, err := t.first(member, idOrName)
		if err != nil || row != nil {
			return row, err
		}
	}
	return nil, notFound(idOrName)
}

// userID resolves the first parameter to an object id. Where users were not
// recorded only ids can be told.
func (c *call) userID() (string, error) {
	if isGUID(c.params[0]) {
		return c.params[0], nil
	}
	row, err := c.findUser(c.params[0])
	if err != nil {
		return "", err
	}
	return textMember(row, "id"), nil
}

// userCount answers /users/$count, in plain text.
func (c *call) userCount() (*answer, error) { return c.count(&userList) }

func (c *call) deviceCount() (*answer, error) { return c.count(&deviceList) }

// count answers with the number of rows of a collection, as text.
func (c *call) count(col *collection) (*answer, error) {
	if !c.eventual() {
		return nil, unsupportedQuery("/$count is only supported with the header ConsistencyLevel: eventual.")
	}
	c.query.count = true
	r, err := c.collectionRows(col)
	if err != nil {
		return nil, err
	}
	a := newAnswer(http.StatusOK, strconv.AppendInt(nil, int64(r.count), 10))
	a.header.Set("Content-Type", "text/plain")
	c.charge(a, 1)
	return a, nil
}

// userMethods answers with the methods of one user; odataType, without its
// namespace, limits them to a type. A refused item is refused again, and a user
// nobody asked about is not found.
func (c *call) userMethods(odataType string) (*answer, error) {
	t, err := c.server.store.table(snapshot.AuthenticationMethods)
	if err != nil {
		return nil, err
	}
	row, err := t.first("userId", c.params[0])
	if err == nil && row == nil && !isGUID(c.params[0]) {
		var id string
		if id, err = c.userID(); err == nil {
			row, err = t.first("userId", id)
		}
	}
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, notFound(c.params[0])
	}
	if _, refused := lookup(row, "error"); refused {
		return nil, recordedError(row)
	}
	all, err := elements(row, "value")
	if err != nil {
		return nil, err
	}
	if odataType != "" {
		all = slices.DeleteFunc(all, func(v jsontext.Value) bool {
			return !strings.EqualFold(textMember(v, "@odata.type"), "#microsoft.graph."+odataType)
		})
	}
	return c.list(sliceRows(all, nil), wholeAnswer)
}

func recordedError(row jsontext.Value) *failure {
	f := fail(numberMember(row, "error", "status"), textMember(row, "error", "code"), textMember(row, "error", "message"))
	if f.status < 400 || f.status > 599 {
		f.status = http.StatusInternalServerError
	}
	if f.code == "" {
		f.code = "UnknownError"
	}
	if f.message == "" {
		f.message = "This request was refused when the snapshot was recorded."
	}
	return f
}

// registeredDevices lists the devices whose recorded owners or users name the
// user.
func (c *call) registeredDevices() (*answer, error) {
	id, err := c.userID()
	if err != nil {
		return nil, err
	}
	if err := c.check(&collection{directory: true}); err != nil {
		return nil, err
	}
	t, err := c.server.store.table(snapshot.Devices)
	if err != nil {
		return nil, err
	}
	var found []jsontext.Value
	expanded := t.rows == 0
	for i := range t.rows {
		row, err := t.row(i)
		if err != nil {
			return nil, err
		}
		hit := false
		err = eachMember(row, func(name, value jsontext.Value) bool {
			if n := unquote(name); n != "registeredUsers" && n != "registeredOwners" {
				return true
			}
			expanded = true
			hit = hit || containsFold(texts(value), id)
			return true
		})
		if err != nil {
			return nil, err
		}
		if hit {
			found = append(found, row)
		}
	}
	if !expanded {
		return nil, fail(http.StatusNotImplemented, "notRecorded", "The recorded devices do not say whose they are.")
	}
	return c.list(sliceRows(found, newSelection(c.query)), directoryPages)
}

func containsFold(list []string, text string) bool {
	for _, s := range list {
		if strings.EqualFold(s, text) {
			return true
		}
	}
	return false
}
