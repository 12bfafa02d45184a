# The suite that runs over every host, here over the kernel's own; and the unit tests of what is FreeBSD's alone.
group_contract() {
  test_program host_contract_test '*/freebsd'
  test_program host_freebsd_test '*'
}

# test_program NAME FILTER
test_program() {
  suite=$bin/tests/$1
  [ -x "$suite" ] || { skip "contract: no $suite"; return; }
  JAILD_TEST_MONITOR=$bin/jaild-monitor "$suite" --gtest_filter="$2" --gtest_brief=1 >"$work/contract" 2>&1
  code=$?
  count=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$work/contract")
  if [ "$code" = 0 ] && [ "${count:-0}" -gt 10 ]; then
    ok "contract: $count of $1"
  else
    bad "contract: $1" "$(tail -40 "$work/contract")"
  fi
}
