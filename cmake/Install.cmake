# What is installed beside the programs, which each box with one installs itself. etc/port/pkg-plist lists the same.
set(examples share/examples/jaild)
install(FILES man/jaild.8 man/jaild-monitor.8 man/jailctl.8 DESTINATION share/man/man8)
install(FILES man/jaild.conf.5 man/jaild-spec.5 DESTINATION share/man/man5)
install(FILES etc/prometheus/alerts.yml DESTINATION ${examples})
install(FILES etc/prometheus/prometheus.yml.sample DESTINATION ${examples} RENAME prometheus.yml)
install(FILES etc/grafana/jaild.json DESTINATION ${examples} RENAME grafana.json)
install(DIRECTORY etc/examples/ DESTINATION ${examples}/specs)  # a folder of their own: `jailctl plan -f` takes folders

# jaild_install_with_prefix(SOURCE TARGET MARK PERMISSION...): a file that names the prefix, known only when it is installed.
function(jaild_install_with_prefix source target mark)
  list(JOIN ARGN " " permissions)
  install(CODE "
    file(READ \"${PROJECT_SOURCE_DIR}/${source}\" text)
    string(REPLACE \"${mark}\" \"\${CMAKE_INSTALL_PREFIX}\" text \"\${text}\")
    set(target \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${target}\")
    message(STATUS \"Installing: \${target}\")
    file(WRITE \"\${target}\" \"\${text}\")
    file(CHMOD \"\${target}\" PERMISSIONS ${permissions})")
endfunction()

if(CMAKE_SYSTEM_NAME STREQUAL "FreeBSD")
  install(FILES etc/jaild.conf.sample DESTINATION etc)
  install(FILES etc/newsyslog.conf.d/jaild.conf DESTINATION etc/newsyslog.conf.d RENAME jaild.conf.sample)
  install(FILES etc/devfs.rules.sample DESTINATION ${examples} RENAME devfs.rules)
  jaild_install_with_prefix(rc.d/jaild etc/rc.d/jaild /usr/local OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
                            GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
else()
  # jaild reads /etc/jaild.conf whatever the prefix is.
  install(FILES etc/jaild.conf.sample DESTINATION ${examples} RENAME jaild.conf)
  jaild_install_with_prefix(etc/systemd/jaild.service.in lib/systemd/system/jaild.service @prefix@ OWNER_READ OWNER_WRITE
                            GROUP_READ WORLD_READ)
endif()
