package collect

import (
	"context"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/graphclient"
)

// readDevices reads the directory's devices with their owners: all, those of one
// user, or those whose owners are among the people asked for.
func readDevices(ctx context.Context, j *job) error {
	if j.noPeople() {
		return nil
	}
	p := j.r.people
	if p.oneUser() {
		return readDevicesOf(ctx, j, p.ids[0])
	}
	err := j.listInto(ctx, &idSet{}, "id", func(rows []entra.Raw) error {
		if p != nil {
			kept := rows[:0]
			for _, row := range rows {
				if owned, known := ownedBy(row, p); owned || !known {
					kept = append(kept, row)
				}
			}
			rows = kept
		}
		return j.append(rows...)
	}, deviceRequests()...)
	if err == nil && !strings.Contains(j.entry.Request, "registeredOwners") {
		j.note("owners of devices could not be read along")
	}
	return err
}

// ownedBy tells whether one of the people owns a device; known is false if the
// device does not say who does.
func ownedBy(row entra.Raw, p *people) (owned, known bool) {
	var d struct {
		Owners *[]struct {
			ID string `json:"id"`
		} `json:"registeredOwners"`
	}
	if entra.Decode(row, &d) != nil || d.Owners == nil {
		return false, false
	}
	for _, o := range *d.Owners {
		if p.has(o.ID) {
			return true, true
		}
	}
	return false, true
}

// readDevicesOf reads the devices one user registered. Their rows do not say so,
// so that is added.
func readDevicesOf(ctx context.Context, j *job, user string) error {
	q := graphclient.Query{Top: directoryPage}
	users, err := entra.Encode([]map[string]string{{"id": user}})
	if err != nil {
		return fatal(err)
	}
	err = j.listInto(ctx, &idSet{}, "id", func(rows []entra.Raw) error {
		for i, row := range rows {
			if _, there := entra.Lookup(row, "/registeredUsers"); there {
				continue
			}
			var err error
			if rows[i], err = splice(row, "registeredUsers", users); err != nil {
				return err
			}
		}
		return j.append(rows...)
	}, graphclient.UserRegisteredDevices(user, q))
	j.entry.Request = graphclient.UserRegisteredDevices("{user}", q).String()
	return err
}

// readManagedDevices reads Intune's devices. Its filters are known to fail in
// odd ways, so what comes is checked.
func readManagedDevices(ctx context.Context, j *job) error {
	if j.noPeople() {
		return nil
	}
	requests := []graphclient.Request{managedDevicesRequest("")}
	if p := j.r.people; p.oneUser() {
		requests = append([]graphclient.Request{managedDevicesRequest("userId eq " + quote(p.ids[0]))}, requests...)
	}
	return j.listInto(ctx, &idSet{}, "id", j.pick("userId"), requests...)
}
