#!/bin/sh
# One record of Anhui, by printf, base64 and glibc's iconv: sh anhui.sh
set -eu
packed=$(printf '合肥\001示例路' | base64)
iconv --from-code UTF-8 --to-code GB18030 > ../anhui-rare.xml <<XML
<?xml version="1.0" encoding="GB18030"?>
<RKXX>
  <SFZH>11010519491231002X</SFZH>
  <XM>㐱𪚥·古丽</XM>
  <XBMC>女性</XBMC>
  <SR>1949-12-31</SR>
  <MZDM>05</MZDM>
  <GZDW>甲&amp;乙&#13;
丙</GZDW>
  <DZ BM="base64">$packed</DZ>
  <HLB>01</HLB>
  <PCSDM>340102</PCSDM>
  <KZX><MC>330000/xjh</MC><NR>ZJ-42</NR></KZX>
</RKXX>
XML
