// bulk-client saves what vtpmfs shows of all VMs with a vTPM, as somebody would write it who has Go and a
// weekend: one bulk call for the properties, eight workers for the nvram files. The benchmarks compare with it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/ioutil"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// tree is all that the bulk call brings.
type tree struct {
	name   map[types.ManagedObjectReference]string
	parent map[types.ManagedObjectReference]types.ManagedObjectReference
	vms    []mo.VirtualMachine
}

func login(ctx context.Context, server, user, password, authority string) (*govmomi.Client, error) {
	u, err := soap.ParseURL(server)
	if err != nil {
		return nil, err
	}
	client := soap.NewClient(u, false)
	if err := client.SetRootCAs(authority); err != nil {
		return nil, err
	}
	// Go keeps two idle connections a host unless told otherwise; the workers want their own.
	client.DefaultTransport().MaxIdleConnsPerHost = 16
	// One that the server lists, as our strict simulator wants it; this release's own "7.0" is in no list.
	client.Namespace, client.Version = "urn:"+vim25.Namespace, "7.0.0.0"
	vim, err := vim25.NewClient(ctx, client)
	if err != nil {
		return nil, err
	}
	c := &govmomi.Client{Client: vim, SessionManager: session.NewManager(vim)}
	return c, c.Login(ctx, url.UserPassword(user, password))
}

// retrieve asks for everything at once, and for further pages where the server gives pages.
func retrieve(ctx context.Context, c *govmomi.Client, page int32) ([]types.ObjectContent, error) {
	v, err := view.NewManager(c.Client).CreateContainerView(ctx, c.ServiceContent.RootFolder,
		[]string{"VirtualMachine", "Folder", "Datacenter", "VirtualApp"}, true)
	if err != nil {
		return nil, err
	}
	defer v.Destroy(ctx)
	place := []string{"name", "parent"}
	machine := append([]string{"config.keyId", "config.firmware", "config.files.vmPathName", "config.extraConfig",
		"config.hardware.device"}, place...)
	request := types.RetrievePropertiesEx{
		This: c.ServiceContent.PropertyCollector,
		SpecSet: []types.PropertyFilterSpec{{
			ObjectSet: []types.ObjectSpec{{
				Obj:       v.Reference(),
				Skip:      types.NewBool(true),
				SelectSet: []types.BaseSelectionSpec{&types.TraversalSpec{Type: "ContainerView", Path: "view"}},
			}},
			PropSet: []types.PropertySpec{
				{Type: "VirtualMachine", PathSet: machine},
				{Type: "Folder", PathSet: place},
				{Type: "Datacenter", PathSet: place},
				{Type: "VirtualApp", PathSet: place},
			},
		}},
		Options: types.RetrieveOptions{MaxObjects: page},
	}
	first, err := methods.RetrievePropertiesEx(ctx, c.Client, &request)
	if err != nil || first.Returnval == nil {
		return nil, err
	}
	found, token := first.Returnval.Objects, first.Returnval.Token
	for token != "" {
		next, err := methods.ContinueRetrievePropertiesEx(ctx, c.Client,
			&types.ContinueRetrievePropertiesEx{This: request.This, Token: token})
		if err != nil {
			return nil, err
		}
		found, token = append(found, next.Returnval.Objects...), next.Returnval.Token
	}
	return found, nil
}

func understand(found []types.ObjectContent) (*tree, error) {
	t := &tree{
		name:   map[types.ManagedObjectReference]string{},
		parent: map[types.ManagedObjectReference]types.ManagedObjectReference{},
	}
	for i, object := range found {
		for _, property := range object.PropSet {
			switch property.Name {
			case "name":
				t.name[object.Obj] = property.Val.(string)
			case "parent":
				t.parent[object.Obj] = property.Val.(types.ManagedObjectReference)
			}
		}
		if object.Obj.Type == "VirtualMachine" {
			var vm mo.VirtualMachine
			if err := mo.LoadObjectContent(found[i:i+1], &vm); err != nil {
				return nil, err
			}
			t.vms = append(t.vms, vm)
		}
	}
	return t, nil
}

// path is where an object lies, and the path of its datacenter.
func (t *tree) path(object types.ManagedObjectReference) (string, string) {
	var names []string
	above := 0
	for at, known := object, true; known; at, known = t.parent[at] {
		if name := t.name[at]; name != "" {
			names = append([]string{name}, names...)
			above++
		}
		if at.Type == "Datacenter" {
			above = 0
		}
	}
	return filepath.Join(names...), filepath.Join(names[:above+1]...)
}

func write(directory, name string, content []byte) error {
	return ioutil.WriteFile(filepath.Join(directory, name), content, 0600)
}

func writeJSON(directory, name string, value interface{}) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return write(directory, name, text)
}

func save(ctx context.Context, c *govmomi.Client, t *tree, vm *mo.VirtualMachine, out string) error {
	var device types.BaseVirtualDevice
	for _, one := range vm.Config.Hardware.Device {
		if _, ok := one.(*types.VirtualTPM); ok {
			device = one
		}
	}
	if device == nil {
		return nil
	}
	path, datacenter := t.path(vm.Self)
	directory := filepath.Join(out, path)
	if err := os.MkdirAll(directory, 0700); err != nil {
		return err
	}
	nvram := ""
	for _, option := range vm.Config.ExtraConfig {
		value := option.GetOptionValue()
		text, _ := value.Value.(string)
		switch value.Key {
		case "nvram":
			nvram = text
		case "encryption.bundle":
			if err := write(directory, "encryption.bundle", []byte(text)); err != nil {
				return err
			}
		}
	}
	if err := writeJSON(directory, "keyId", vm.Config.KeyId); err != nil {
		return err
	}
	if err := write(directory, "firmware", []byte(vm.Config.Firmware)); err != nil {
		return err
	}
	if err := writeJSON(directory, "vtpm.json", device); err != nil {
		return err
	}
	place := strings.SplitN(strings.TrimPrefix(vm.Config.Files.VmPathName, "["), "] ", 2)
	u := c.URL()
	u.Path = "/folder/" + filepath.Join(filepath.Dir(place[1]), nvram)
	u.RawQuery = url.Values{"dcPath": {datacenter}, "dsName": {place[0]}}.Encode()
	return c.DownloadFile(ctx, filepath.Join(directory, "nvram"), u, nil)
}

func run(server, user, password, authority, out string, workers int, page int32) error {
	ctx := context.Background()
	c, err := login(ctx, server, user, password, authority)
	if err != nil {
		return err
	}
	defer c.Logout(ctx)
	found, err := retrieve(ctx, c, page)
	if err != nil {
		return err
	}
	t, err := understand(found)
	if err != nil {
		return err
	}
	work := make(chan *mo.VirtualMachine)
	failed := make(chan error, len(t.vms))
	var all sync.WaitGroup
	for i := 0; i < workers; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for vm := range work {
				if err := save(ctx, c, t, vm, out); err != nil {
					failed <- fmt.Errorf("%s: %v", vm.Name, err)
				}
			}
		}()
	}
	for i := range t.vms {
		work <- &t.vms[i]
	}
	close(work)
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func main() {
	server := flag.String("server", "", "URL of the vCenter")
	user := flag.String("user", "", "who logs in")
	passwordFile := flag.String("password-file", "", "its first line is the password")
	authority := flag.String("ca-file", "", "the authority of the vCenter's certificate")
	out := flag.String("out", "", "directory to save to")
	workers := flag.Int("workers", 8, "downloads at once")
	page := flag.Int("page", 100000, "objects an answer")
	flag.Parse()
	password, err := ioutil.ReadFile(*passwordFile)
	if err == nil {
		err = run(*server, *user, strings.TrimSpace(string(password)), *authority, *out, *workers, int32(*page))
	}
	if err != nil {
		log.Fatal(err)
	}
}
