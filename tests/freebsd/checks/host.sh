# What the host says of itself.
group_host() {
  kldload fdescfs 2>/dev/null  # a module that comes while jaild runs brings parameters
  host=$(api GET /host)
  has "host: names itself" "$host" '"host":"freebsd"'
  has "host: has a boot id" "$host" '"boot_id":"'
  same "host: kernel_params are those of security.jail.param" \
    "$(sysctl -t security.jail.param | sed -n '/: node$/d; s/^security.jail.param.\(.*\): .*/\1/; s/\.$//; p' | sort -u | tr '\n' ' ')" \
    "$(printf %s "$host" | sed 's/.*"kernel_params":\[\([^]]*\)\].*/\1/' | tr -d '"' | tr ',' '\n' | sort -u | tr '\n' ' ')"
  boot=$(printf %s "$host" | sed 's/.*"boot_id":"\([^"]*\)".*/\1/')
  end_daemon
  same "host: SIGTERM ends jaild with code 0" 0 "$ended"
  start_daemon
  has "host: the next jaild knows the same boot" "$(api GET /host)" "\"boot_id\":\"$boot\""
  metrics=$(api GET /metrics)
  has "host: metrics are served" "$metrics" jaild_build_info
  if racct_on; then
    has "host: metrics say that RACCT is on" "$metrics" "jaild_racct_enabled 1"
  else
    has "host: metrics say that RACCT is off" "$metrics" "jaild_racct_enabled 0"
    has "host: /host names the tunable" "$host" "kern.racct.enable=1"
    has "host: /readyz says it too" "$(api GET /readyz)" "racct"
    has "host: a spec with limits is refused" \
      "$(api POST /jails '{"name":"jt_lim","spec":{"params":{"path":"/","persist":true},"rctl":["maxproc:deny=9"]}}')" \
      "kern.racct.enable=1"
  fi
}
