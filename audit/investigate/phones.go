package investigate

import (
	"context"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/snapshot"
)

// withPhones returns a view that knows which phones that the account signed in from are
// not among the tenant's devices. It costs another pass over these, and is made only
// where there is a passkey in Microsoft Authenticator, which may have been on such a
// phone. The devices of others stay out of the view.
func withPhones(ctx context.Context, snap, view *snapshot.Snapshot) (*snapshot.Snapshot, error) {
	if snap.Status(snapshot.Devices).State != snapshot.Complete {
		return view, nil
	}
	onAndroid, onIOS := snapshot.Mentions(catalogue.AuthenticatorAndroid), snapshot.Mentions(catalogue.AuthenticatorIOS)
	holds, err := view.Matching(ctx, snapshot.AuthenticationMethods, func(raw entra.Raw) bool { return onAndroid(raw) || onIOS(raw) })
	if err != nil || len(holds) == 0 {
		return view, err
	}
	phones := map[string]func(entra.Raw) bool{}
	for row, err := range view.Rows(ctx, snapshot.SignIns) {
		if err != nil {
			return nil, err
		}
		id := strings.ToLower(entra.Text(row.Raw, "/deviceDetail/deviceId"))
		if strings.Trim(id, "0-") != "" && devices.OSOf(entra.Text(row.Raw, "/deviceDetail/operatingSystem")).Phone() {
			phones[id] = snapshot.Mentions(id)
		}
	}
	for row, err := range view.Rows(ctx, snapshot.Devices) {
		if err != nil {
			return nil, err
		}
		delete(phones, deviceID(row.Raw))
	}
	if len(phones) == 0 {
		return view, nil
	}
	looked := maps.Clone(phones)
	there, err := snap.Matching(ctx, snapshot.Devices, func(raw entra.Raw) bool {
		for _, mentioned := range looked {
			if mentioned(raw) {
				return true
			}
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	for _, raw := range there {
		maps.DeleteFunc(phones, func(_ string, mentioned func(entra.Raw) bool) bool { return mentioned(raw) })
	}
	// A row that could not be read may have been one of them.
	if len(phones) == 0 || snap.Status(snapshot.Devices).State != snapshot.Complete {
		return view, nil
	}
	return view.WithAbsent(snapshot.Devices, slices.Sorted(maps.Keys(phones))...), nil
}
