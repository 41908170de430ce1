package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// The members that facts and checks use of the sections that are large.
type (
	usedUser struct {
		ID                    string  `json:"id"`
		UserPrincipalName     string  `json:"userPrincipalName"`
		DisplayName           string  `json:"displayName"`
		UserType              string  `json:"userType"`
		AccountEnabled        *bool   `json:"accountEnabled"`
		ExternalUserState     *string `json:"externalUserState"`
		OnPremisesSyncEnabled *bool   `json:"onPremisesSyncEnabled"`
		AssignedLicenses      []struct {
			SkuID string `json:"skuId"`
		} `json:"assignedLicenses"`
		EmployeeType string `json:"employeeType"`
	}
	usedDetails struct {
		ID                string   `json:"id"`
		MethodsRegistered []string `json:"methodsRegistered"`
	}
	usedMethods struct {
		UserID string `json:"userId"`
		Value  []struct {
			ODataType        string `json:"@odata.type"`
			AAGUID           string `json:"aaGuid"`
			Model            string `json:"model"`
			AttestationLevel string `json:"attestationLevel"`
			PasskeyType      string `json:"passkeyType"`
			PhoneType        string `json:"phoneType"`
			IsUsable         *bool  `json:"isUsable"`
			IsUsableOnce     *bool  `json:"isUsableOnce"`
		} `json:"value"`
		Error *struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	usedMembers struct {
		GroupID    string   `json:"groupId"`
		Transitive *bool    `json:"transitive"`
		UserIDs    []string `json:"userIds"`
		GroupIDs   []string `json:"groupIds"`
	}
	usedDevice struct {
		ID                     string  `json:"id"`
		DeviceID               string  `json:"deviceId"`
		AccountEnabled         *bool   `json:"accountEnabled"`
		OperatingSystem        string  `json:"operatingSystem"`
		OperatingSystemVersion string  `json:"operatingSystemVersion"`
		TrustType              string  `json:"trustType"`
		IsCompliant            *bool   `json:"isCompliant"`
		RegisteredOwners       []owner `json:"registeredOwners"`
		RegisteredUsers        []owner `json:"registeredUsers"`
	}
	owner struct {
		ID string `json:"id"`
	}
	usedManagedDevice struct {
		ID              string `json:"id"`
		AzureADDeviceID string `json:"azureADDeviceId"`
		UserID          string `json:"userId"`
		OperatingSystem string `json:"operatingSystem"`
		OSVersion       string `json:"osVersion"`
		ComplianceState string `json:"complianceState"`
	}
)

// decoders say what is decoded of a row; small sections have any object.
func decode(section snapshot.SectionID, line []byte) error {
	switch section {
	case snapshot.Users:
		return decodeAs[usedUser](line)
	case snapshot.UserRegistrationDetails:
		return decodeAs[usedDetails](line)
	case snapshot.AuthenticationMethods:
		return decodeAs[usedMethods](line)
	case snapshot.GroupMembers:
		return decodeAs[usedMembers](line)
	case snapshot.Devices:
		return decodeAs[usedDevice](line)
	case snapshot.ManagedDevices:
		return decodeAs[usedManagedDevice](line)
	case snapshot.ConditionalAccessPolicies:
		return decodeAs[entra.ConditionalAccessPolicy](line)
	case snapshot.SignIns:
		return decodeAs[usedSignIn](line)
	case snapshot.RoleAssignments, snapshot.RoleEligibility:
		return decodeAs[entra.RoleAssignment](line)
	default:
		return decodeAs[map[string]any](line)
	}
}

func decodeAs[T any](line []byte) error {
	var v T
	return json.Unmarshal(line, &v)
}

// measureFloor decodes the files of the sections that a command uses in parallel, on
// all processors.
func measureFloor(ctx context.Context, command, dir string) ([]measured, error) {
	sections, err := sectionsOf(command)
	if err != nil {
		return nil, err
	}
	snap, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	m, err := measure(floorOf+command, func() (string, error) {
		read, err := decodeFiles(ctx, dir, snap, sections)
		return fmt.Sprintf("%d MB of JSON", read/1e6), err
	})
	return []measured{m}, err
}

// decodeFiles decodes the files of some sections, several at a time, and says how much
// text they held.
func decodeFiles(ctx context.Context, dir string, snap *snapshot.Snapshot, sections []snapshot.SectionID) (read int64, err error) {
	type file struct {
		section snapshot.SectionID
		name    string
	}
	queue := make(chan file)
	var mu sync.Mutex
	var all []error
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for f := range queue {
				n, err := decodeFile(filepath.Join(dir, filepath.FromSlash(f.name)), f.section)
				mu.Lock()
				read += n
				if err != nil {
					all = append(all, fmt.Errorf("%s: %w", f.name, err))
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range sections {
		for _, seg := range snap.Files(id) {
			if ctx.Err() == nil {
				queue <- file{id, seg.File}
			}
		}
	}
	close(queue)
	wg.Wait()
	return read, errors.Join(append(all, ctx.Err())...)
}

func decodeFile(name string, section snapshot.SectionID) (read int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(name, ".zst") {
		z, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return 0, err
		}
		defer z.Close()
		in = z
	}
	if strings.HasSuffix(name, ".json") {
		text, err := io.ReadAll(in)
		if err != nil {
			return 0, err
		}
		return int64(len(text)), decode(section, text)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<20), 64<<20)
	for lines.Scan() {
		read += int64(len(lines.Bytes()))
		if err := decode(section, lines.Bytes()); err != nil {
			return read, err
		}
	}
	return read, lines.Err()
}
