# The suite that runs over every host, here over the kernel's own.
group_contract() {
  suite=$bin/tests/host_contract_test
  [ -x "$suite" ] || { skip "contract: no $suite"; return; }
  JAILD_TEST_MONITOR=$bin/jaild-monitor "$suite" --gtest_filter='*/freebsd' --gtest_brief=1 >"$work/contract" 2>&1
  code=$?
  count=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$work/contract")
  if [ "$code" = 0 ] && [ "${count:-0}" -gt 10 ]; then
    ok "contract: $count tests over the kernel"
  else
    bad "contract" "$(tail -40 "$work/contract")"
  fi
}
