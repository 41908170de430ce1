package conditionalaccess

import (
	"slices"
	"testing"

	"passkeyaudit/audit/tri"
)

func TestDeviceRegistered(t *testing.T) {
	tests := []struct {
		name   string
		device Device
		want   tri.Value
	}{
		{"nothing-known", Device{}, tri.Unsure},
		{"said-so", NewDevice(), tri.Yes},
		{"unregistered", Unregistered(), tri.No},
		{"device-id", deviceWith(t, Device{}, "deviceId", "1"), tri.Yes},
		{"device-id-null", deviceWith(t, Device{}, "deviceId", Null()), tri.Unsure},
		{"trust-type", deviceWith(t, Device{}, "trustType", "Workplace"), tri.Yes},
		{"compliant", deviceWith(t, Device{}, "isCompliant", "true"), tri.Yes},
		{"not-compliant", deviceWith(t, Device{}, "isCompliant", "False"), tri.Unsure},
		{"operating-system", deviceWith(t, Device{}, "operatingSystem", "iOS"), tri.Unsure},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.device.Registered(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDeviceIsNotChanged(t *testing.T) {
	labels := []string{"a"}
	one := deviceWith(t, NewDevice(), "MODEL", "x", "systemlabels", labels)
	two := deviceWith(t, one, "model", "y")
	three := deviceWith(t, one, "model", Attr{}, "systemLabels", []string(nil))
	labels[0] = "changed"
	got, _, _ := one.List("systemLabels")
	got[0] = "changed"
	if one.Attr("model") != Text("x") || two.Attr("Model") != Text("y") || three.Attr("model").Known() {
		t.Errorf("got %v, %v, %v", one.Attr("model"), two.Attr("model"), three.Attr("model"))
	}
	if values, known, null := one.List("systemLabels"); !slices.Equal(values, []string{"a"}) || !known || null {
		t.Errorf("got %v, %v, %v", values, known, null)
	}
	if values, known, null := three.List("SystemLabels"); values != nil || !known || !null {
		t.Errorf("got %v, %v, %v", values, known, null)
	}
}

func TestDeviceGettersOfWhatIsNotThere(t *testing.T) {
	if a := Unregistered().Attr("model"); !a.IsNull() {
		t.Errorf("got %v", a)
	}
	if _, known, null := Unregistered().List("physicalIds"); !known || !null {
		t.Error("the identifiers of an unregistered device are not null")
	}
	if _, known, _ := NewDevice().List("physicalIds"); known {
		t.Error("identifiers that nobody gave are known")
	}
	for _, name := range []string{"model", "colour", "physicalIds", ""} {
		if NewDevice().Attr(name).Known() {
			t.Errorf("%s is known", name)
		}
	}
}

func TestDeviceSetterErrors(t *testing.T) {
	tests := []struct {
		name string
		set  func() (Device, error)
		want string
	}{
		{"unknown-name", func() (Device, error) { return NewDevice().With("colour", Text("red")) }, `"colour" is no property of devices`},
		{"unknown-list", func() (Device, error) { return NewDevice().WithList("colours", nil) }, `"colours" is no property of devices`},
		{"collection", func() (Device, error) { return NewDevice().With("physicalids", Text("a")) }, "device.physicalIds is a collection, not a single value"},
		{"single", func() (Device, error) { return NewDevice().WithList("Model", nil) }, "device.model is a single value, not a collection"},
		{"compliance", func() (Device, error) { return NewDevice().With("isCompliant", Text("maybe")) }, `device.isCompliant is True or False, not "maybe"`},
		{"unregistered", func() (Device, error) { return Unregistered().With("model", Text("a")) }, "device.model: an unregistered device has no attributes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.set(); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if d, err := Unregistered().With("model", Null()); err != nil || d.Registered() != tri.No {
		t.Errorf("null for an unregistered device: %v, %v", d, err)
	}
}
